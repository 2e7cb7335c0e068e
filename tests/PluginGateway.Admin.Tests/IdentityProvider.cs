using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace PluginGateway.Admin.Tests;

/// <summary>An identity provider with one client, which signs in whoever <see cref="Person"/> says without asking.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "gateway";
    public const string ClientSecret = "the client's secret";

    private readonly WebApplication _app;

    private IdentityProvider(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>The claims of the person who signs in next; null if the person refuses.</summary>
    public (string Type, string Value)[]? Person { get; set; }

    /// <summary>How each sign-in proves with PKCE that it began at the client.</summary>
    public List<string> CodeChallengeMethods { get; } = [];

    public static async Task<IdentityProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        IdentityProvider? provider = null;
        builder.Services.AddOpenIddict().AddServer(server =>
        {
            server.EnableDegradedMode().AllowAuthorizationCodeFlow();
            server.SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token");
            server.RegisterScopes("profile", "groups");
            server.AddEphemeralEncryptionKey().AddEphemeralSigningKey();
            server.UseAspNetCore().EnableAuthorizationEndpointPassthrough().DisableTransportSecurityRequirement();
            server.AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                provider!.CodeChallengeMethods.Add(context.Request.CodeChallengeMethod ?? "");
                if (context.ClientId != ClientId || !context.RedirectUri!.EndsWith("/admin/sign-in/openid", StringComparison.Ordinal))
                    context.Reject(OpenIddictConstants.Errors.InvalidClient);
                return default;
            }));
            server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                if (context.ClientId != ClientId || context.ClientSecret != ClientSecret)
                    context.Reject(OpenIddictConstants.Errors.InvalidClient);
                return default;
            }));
        });
        var app = builder.Build();
        app.MapGet("/authorize", http => provider!.AuthorizeAsync(http));
        provider = new IdentityProvider(app);
        await app.StartAsync();
        return provider;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AuthorizeAsync(Microsoft.AspNetCore.Http.HttpContext http)
    {
        const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;
        if (Person is not { } person)
        {
            await http.ForbidAsync(Scheme, new AuthenticationProperties(new Dictionary<string, string?>
            {
                [OpenIddictServerAspNetCoreConstants.Properties.Error] = OpenIddictConstants.Errors.AccessDenied,
            }));
            return;
        }

        var identity = new ClaimsIdentity("test", "name", "role");
        identity.AddClaims(person.Select(claim => new Claim(claim.Type, claim.Value)));
        var principal = new ClaimsPrincipal(identity);
        principal.SetScopes(http.GetOpenIddictServerRequest()!.GetScopes());
        principal.SetDestinations(static _ => [OpenIddictConstants.Destinations.IdentityToken]);
        await http.SignInAsync(Scheme, principal);
    }
}

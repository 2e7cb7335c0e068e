using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using PluginGateway.Core.Councils;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Signs operators in through the organization's identity provider: authorization code with PKCE. The identity provider says who somebody is; the session is
/// the gateway's own, and the permissions come from <see cref="OpenIdOptions.Grants"/>.
/// </summary>
internal static class OpenIdSignIn
{
    public const string Scheme = "openid";

    /// <summary>The address to register at the identity provider as redirect URI.</summary>
    public const string CallbackPath = "/admin/sign-in/openid";

    /// <summary>How long the identity provider may take to sign somebody in.</summary>
    private static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan BackchannelTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Adds the sign-in if an identity provider is configured.</summary>
    public static void AddOpenIdSignIn(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration[$"{OpenIdOptions.Section}:{nameof(OpenIdOptions.Authority)}"] is not { Length: > 0 })
            return;

        new AuthenticationBuilder(services).AddOpenIdConnect(Scheme, static _ => { });
        services.AddSingleton<ExternalAccounts>();
        services.AddOptions<OpenIdConnectOptions>(Scheme).Configure<IOptions<AdminOptions>, ISecrets>(
            static (options, admin, secrets) => Configure(options, admin.Value.OpenIdConnect, secrets));
    }

    private static void Configure(OpenIdConnectOptions options, OpenIdOptions settings, ISecrets secrets)
    {
        (options.Authority, options.ClientId) = (settings.Authority, settings.ClientId);
        options.RequireHttpsMetadata = !new Uri(settings.Authority).IsLoopback;
        (options.ResponseType, options.ResponseMode) = (OpenIdConnectResponseType.Code, OpenIdConnectResponseMode.Query);
        (options.CallbackPath, options.SignInScheme) = (CallbackPath, SignInCookie.Scheme);
        (options.MapInboundClaims, options.SaveTokens, options.GetClaimsFromUserInfoEndpoint) = (false, false, true);
        options.RemoteAuthenticationTimeout = ValidFor;
        options.CorrelationCookie = new AdminCookie("pgw-openid") { MaxAge = ValidFor };
        options.NonceCookie = new AdminCookie("pgw-nonce") { MaxAge = ValidFor };
        options.BackchannelTimeout = BackchannelTimeout;
        foreach (var scope in settings.Scopes)
            options.Scope.Add(scope);

        // The issuer is part of an account's identity.
        options.ClaimActions.Remove("iss");
        foreach (var claim in settings.Grants.Select(g => g.Claim).Append(settings.NameClaim).Distinct(StringComparer.Ordinal))
            options.ClaimActions.MapJsonKey(claim, claim);
        // Read each time, so that a changed secret is used without a restart.
        options.Events.OnAuthorizationCodeReceived = context =>
        {
            context.TokenEndpointRequest!.ClientSecret = secrets.Find(OpenIdOptions.SecretName);
            return Task.CompletedTask;
        };
        options.Events.OnTicketReceived = ReceivedAsync;
        options.Events.OnRemoteFailure = FailedAsync;
        options.Events.OnAccessDenied = static context => RefuseAsync(context, "The identity provider did not sign you in.");
    }

    private static async Task ReceivedAsync(TicketReceivedContext context)
    {
        var http = context.HttpContext;
        var (account, problem) = await http.RequestServices.GetRequiredService<ExternalAccounts>().FindAsync(context.Principal!, http.RequestAborted);
        if (account is null)
        {
            await RefuseAsync(context, problem);
            return;
        }

        await SignInCookie.BeginAsync(http, account);
        http.Response.Redirect(context.ReturnUri ?? AdminMiddleware.Root);
        context.HandleResponse();
    }

    private static Task FailedAsync(RemoteFailureContext context)
    {
        var log = context.HttpContext.RequestServices.GetRequiredService<ILogger<ExternalAccounts>>();
        log.OpenIdFailed(context.HttpContext.TraceIdentifier, context.Failure?.Message.ReplaceLineEndings(" ") ?? "no reason");
        return RefuseAsync(context, "Signing in through the identity provider failed. Try again, or ask an admin: the log has the reason.");
    }

    private static Task RefuseAsync(HandleRequestContext<RemoteAuthenticationOptions> context, string problem)
    {
        var notices = context.HttpContext.RequestServices.GetRequiredService<ITempDataDictionaryFactory>().GetTempData(context.HttpContext);
        notices[AdminPage.ProblemKey] = problem;
        notices.Save();
        context.Response.Redirect(SignInCookie.Address);
        context.HandleResponse();
        return Task.CompletedTask;
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Admin;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Testing;

/// <summary>Signs in to the operators' site without a password, because password hashing is slow by design.</summary>
internal static class SessionCookie
{
    /// <summary>Starts a session.</summary>
    /// <returns>The <c>Set-Cookie</c> header of the response.</returns>
    public static async Task<string> BeginAsync(IServiceProvider gateway, Uri address, Account account)
    {
        await using var scope = gateway.CreateAsyncScope();
        var http = new DefaultHttpContext
        {
            RequestServices = scope.ServiceProvider,
            Request = { Scheme = address.Scheme, Host = new HostString(address.Authority) },
        };
        AdminCookie.BeginRequest(http);
        await SignInCookie.BeginAsync(http, account);
        return http.Response.Headers.SetCookie[^1]!;
    }
}

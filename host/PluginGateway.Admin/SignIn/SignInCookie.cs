using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace PluginGateway.Admin.SignIn;

/// <summary>The cookie authentication of the site. The cookie has no separate expiry: it ends with the browser or with the session in the database.</summary>
internal static class SignInCookie
{
    public const string Scheme = "session";

    /// <summary>The address of the sign-in page.</summary>
    public const string Address = "/admin/sign-in";

    public static void AddSignInCookie(this IServiceCollection services)
    {
        services.AddAuthentication(Scheme).AddCookie(Scheme, static options =>
        {
            options.Cookie = new AdminCookie("pgw-session");
            // Only the database decides when a session ends.
            options.SlidingExpiration = false;
            options.Events.OnRedirectToLogin = static context =>
            {
                context.Response.Redirect(SignInAddress(context.Request));
                return Task.CompletedTask;
            };
        });
        services.AddOptions<CookieAuthenticationOptions>(Scheme).Configure<Sessions>(static (options, sessions) => options.SessionStore = sessions);
    }

    /// <summary>Begins a session with a new id, and ends the current one, if any.</summary>
    public static async Task BeginAsync(HttpContext http, Account account)
    {
        // The user of a request to the identity provider's callback is not known yet.
        if ((await http.AuthenticateAsync(Scheme)).Succeeded)
            await http.SignOutAsync(Scheme);
        // The handler of this request has cached the previous session and would renew it; a handler from another scope begins a new one.
        await using var scope = http.RequestServices.CreateAsyncScope();
        var handler =
            (IAuthenticationSignInHandler)(await scope.ServiceProvider.GetRequiredService<IAuthenticationHandlerProvider>().GetHandlerAsync(http, Scheme))!;
        await handler.SignInAsync(Actor.Of(account).ToPrincipal(), properties: null);
    }

    public static Task EndAsync(HttpContext http) => http.SignOutAsync(Scheme);

    /// <summary>
    /// Returns the address of the sign-in page, which then leads back to the requested page, or to the page of a posted form. The browser keeps what was typed
    /// into the form.
    /// </summary>
    private static string SignInAddress(HttpRequest request)
    {
        var query = HttpMethods.IsGet(request.Method) ? request.QueryString : QueryString.Create(request.Query.Where(q => q.Key != "handler"));
        return Address + QueryString.Create("to", request.Path + query);
    }
}

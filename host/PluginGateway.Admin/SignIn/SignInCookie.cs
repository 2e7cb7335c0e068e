using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace PluginGateway.Admin.SignIn;

/// <summary>Cookie authentication of the site. The cookie has no end of its own: the browser's, or the session's in the database.</summary>
internal static class SignInCookie
{
    public const string Scheme = "session";

    /// <summary>The address of the page to sign in on.</summary>
    public const string Address = "/admin/sign-in";

    public static void AddSignInCookie(this IServiceCollection services)
    {
        services.AddAuthentication(Scheme).AddCookie(Scheme, static options =>
        {
            options.Cookie = new AdminCookie("pgw-session");
            // When a session ends is known to the database only.
            options.SlidingExpiration = false;
            options.Events.OnRedirectToLogin = static context =>
            {
                context.Response.Redirect(SignInAddress(context.Request));
                return Task.CompletedTask;
            };
        });
        services.AddOptions<CookieAuthenticationOptions>(Scheme).Configure<Sessions>(static (options, sessions) => options.SessionStore = sessions);
    }

    /// <summary>Begins a session of a new id; the one before, if any, is over.</summary>
    public static async Task BeginAsync(HttpContext http, Account account)
    {
        if (http.User.Identity?.IsAuthenticated == true)
            await http.SignOutAsync(Scheme);
        // The handler of this request has the session before in mind and would renew it; one of its own begins another.
        await using var scope = http.RequestServices.CreateAsyncScope();
        var handler =
            (IAuthenticationSignInHandler)(await scope.ServiceProvider.GetRequiredService<IAuthenticationHandlerProvider>().GetHandlerAsync(http, Scheme))!;
        await handler.SignInAsync(Actor.Of(account).ToPrincipal(), properties: null);
    }

    public static Task EndAsync(HttpContext http) => http.SignOutAsync(Scheme);

    /// <summary>Sign-in, and back from there to what was asked for; a form that was filled in is lost, its page is not.</summary>
    private static string SignInAddress(HttpRequest request) => Address + QueryString.Create("to", request.Path + request.QueryString);
}

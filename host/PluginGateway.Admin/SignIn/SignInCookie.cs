namespace PluginGateway.Admin.SignIn;

/// <summary>The cookie that a session is known by. It has no end of its own: the browser's, or the session's in the database.</summary>
internal static class SignInCookie
{
    /// <summary>Begins a session of a new id; the one before, if any, is over.</summary>
    public static async Task SetAsync(HttpContext http, Sessions sessions, Account account)
    {
        var cookie = Site.SessionCookie;
        if (http.Request.Cookies[cookie.Name!] is { Length: > 0 } before)
            await sessions.EndAsync(before, http.RequestAborted);
        var from = http.Connection.RemoteIpAddress?.ToString() ?? "somewhere";
        http.Response.Cookies.Append(cookie.Name!, await sessions.BeginAsync(account, $"from {from}", http.RequestAborted), cookie.Build(http));
    }

    public static async Task RemoveAsync(HttpContext http, Sessions sessions)
    {
        var cookie = Site.SessionCookie;
        if (http.Request.Cookies[cookie.Name!] is { Length: > 0 } token)
            await sessions.EndAsync(token, http.RequestAborted);
        http.Response.Cookies.Delete(cookie.Name!, cookie.Build(http));
    }
}

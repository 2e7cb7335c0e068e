namespace PluginGateway.Admin;

/// <summary>
/// A cookie of the site. On https it is Secure and its name begins with <c>__Host-</c>, so that neither another host nor an http page can set it.
/// Browsers reject both on http, but the site is served over http only where an operator allows it, and to this machine during development.
/// </summary>
internal sealed class AdminCookie : CookieBuilder
{
    private const string HostPrefix = "__Host-";

    private static readonly AsyncLocal<bool> IsHttps = new();

    private readonly string _name;

    public AdminCookie(string name)
    {
        _name = name;
        (HttpOnly, IsEssential, Path, SameSite, SecurePolicy) = (true, true, "/", SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
    }

    /// <summary>The name for the current request. The framework reads it without passing the request.</summary>
    public override string? Name
    {
        get => IsHttps.Value ? HostPrefix + _name : _name;
        set => throw new NotSupportedException($"The name of the cookie {_name} cannot be changed.");
    }

    /// <summary>Selects the name of the cookies for a request.</summary>
    public static void BeginRequest(HttpContext http) => IsHttps.Value = http.Request.IsHttps;
}

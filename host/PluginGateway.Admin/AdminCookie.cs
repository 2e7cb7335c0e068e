namespace PluginGateway.Admin;

/// <summary>
/// A cookie of the site. On https it is Secure and its name begins with <c>__Host-</c>, so that no other host and no http page can set it; a browser
/// would refuse both on http, which is served to this machine only.
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

    /// <summary>The name for the call that is answered now: libraries ask for it without saying which call it is.</summary>
    public override string? Name
    {
        get => IsHttps.Value ? HostPrefix + _name : _name;
        set => throw new NotSupportedException($"{_name} has its name.");
    }

    public static void Answering(HttpContext http) => IsHttps.Value = http.Request.IsHttps;
}

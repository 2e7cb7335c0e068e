using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace PluginGateway.Admin.SignIn;

/// <summary>A browser in which somebody has signed in to an account before.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Id">The random id of the browser.</param>
internal sealed record KnownDevice(long AccountId, string Id)
{
    /// <summary>The id as a number, for limits.</summary>
    public UInt128 Number => UInt128.TryParse(Id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>
/// Marks a browser in which somebody has signed in. Its failed attempts are counted separately, so that somebody who guesses passwords elsewhere cannot keep
/// the owner of the account out. The cookie is no proof of identity.
/// </summary>
internal static class DeviceCookie
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(180);

    private static readonly AdminCookie Cookie = new("pgw-device") { MaxAge = KeepFor };

    public static KnownDevice? Find(HttpContext http)
    {
        if (http.Request.Cookies[Cookie.Name!] is not { Length: > 0 } value)
            return null;

        try
        {
            return Protector(http).Unprotect(value).Split(' ') is [var account, var id]
                ? new KnownDevice(long.Parse(account, CultureInfo.InvariantCulture), id)
                : null;
        }
        catch (CryptographicException)
        {
            // Expired, or protected by other keys.
            return null;
        }
    }

    /// <summary>Marks the browser as known for an account.</summary>
    public static void Set(HttpContext http, Account account)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var value = Protector(http).Protect(string.Create(CultureInfo.InvariantCulture, $"{account.Id} {id}"), KeepFor);
        http.Response.Cookies.Append(Cookie.Name!, value, Cookie.Build(http));
    }

    private static ITimeLimitedDataProtector Protector(HttpContext http) =>
        http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("PluginGateway.Device").ToTimeLimitedDataProtector();
}

using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace PluginGateway.Admin.SignIn;

/// <summary>A sign-in whose password was correct and whose second factor is missing. It is kept in an encrypted cookie for a few minutes.</summary>
internal static class PendingSignIn
{
    private static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(10);

    private static readonly AdminCookie Cookie = new("pgw-pending") { MaxAge = ValidFor };

    public static async Task BeginAsync(HttpContext http, Account account)
    {
        var stamp = await StampAsync(http, account);
        var value = Protector(http).Protect(string.Create(CultureInfo.InvariantCulture, $"{account.Id} {stamp}"), ValidFor);
        http.Response.Cookies.Append(Cookie.Name!, value, Cookie.Build(http));
    }

    public static void End(HttpContext http) => http.Response.Cookies.Delete(Cookie.Name!, Cookie.Build(http));

    /// <summary>Returns the account whose password was entered in this browser; null if there is none, or if the account or its password has changed.</summary>
    public static async Task<Account?> FindAsync(HttpContext http)
    {
        if (http.Request.Cookies[Cookie.Name!] is not { Length: > 0 } value)
            return null;

        try
        {
            return Protector(http).Unprotect(value).Split(' ') is [var id, var stamp]
                && await http.RequestServices.GetRequiredService<AccountStore>().FindAsync(long.Parse(id, CultureInfo.InvariantCulture), http.RequestAborted)
                    is { IsDisabled: false, HasSecondFactor: true } account
                && await StampAsync(http, account) == stamp ? account : null;
        }
        catch (CryptographicException)
        {
            // Expired, or protected by other keys.
            return null;
        }
    }

    /// <summary>Returns a value that changes with the password.</summary>
    private static async Task<string> StampAsync(HttpContext http, Account account) =>
        await http.RequestServices.GetRequiredService<AccountStore>().FindPasswordAsync(account.Name, http.RequestAborted) is { } row
            ? Convert.ToHexStringLower(Sessions.KeyOf(row.Password))
            : "";

    private static ITimeLimitedDataProtector Protector(HttpContext http) =>
        http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("PluginGateway.PendingSignIn").ToTimeLimitedDataProtector();
}

using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin.Pages.SignIn;

[Needs(Role.None)]
internal sealed class SignInModel(SignInGuard guard, AccountStore accounts, IOptions<AdminOptions> options) : AdminPage
{
    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    /// <summary>The identity provider; null if there is none.</summary>
    public string? Provider => options.Value.OpenIdConnect is { IsOn: true } provider ? provider.Title : null;

    public bool HasNoAccounts { get; private set; }

    public async Task OnGetAsync() => HasNoAccounts = !await accounts.AnyAsync(Aborted);

    public async Task<IActionResult> OnPostAsync(string? name, string? password)
    {
        var result = await guard.TryAsync(SignInAttempt.Of(HttpContext, name, password), Aborted);
        if (result.Account is not { } account)
            return Back(ActionOutcome.No(result.Problem("Wrong name or password.")), AddressTo(To));
        if (account.HasSecondFactor)
        {
            await PendingSignIn.BeginAsync(HttpContext, account);
            return Redirect(CodeModel.Address + QueryOf(To));
        }

        await SignInCookie.BeginAsync(HttpContext, account);
        DeviceCookie.Set(HttpContext, account);
        return Redirect(Destination(Url, To));
    }

    /// <summary>Returns the address of this page, which leads to another page after the sign-in.</summary>
    public static string AddressTo(string? to) => SignInCookie.Address + QueryOf(to);

    public static QueryString QueryOf(string? to) => string.IsNullOrEmpty(to) ? default : QueryString.Create("to", to);

    /// <summary>Returns the page to show after the sign-in: the requested one, if it is a page of the site.</summary>
    public static string Destination(IUrlHelper url, string? to) =>
        url.IsLocalUrl(to) && to.StartsWith(AdminMiddleware.Root, StringComparison.Ordinal) ? to : AdminMiddleware.Root;
}

using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin.Pages.SignIn;

/// <summary>Asks for the second factor after the password was correct.</summary>
[Needs(Role.None)]
internal sealed class CodeModel(SignInGuard guard) : AdminPage
{
    public const string Address = "/admin/sign-in/code";

    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    public async Task<IActionResult> OnGetAsync() => await PendingSignIn.FindAsync(HttpContext) is null ? Redirect(SignInModel.AddressTo(To)) : Page();

    public async Task<IActionResult> OnPostAsync(string? code)
    {
        if (await PendingSignIn.FindAsync(HttpContext) is not { } pending)
            return Back(ActionOutcome.No("Too much time has passed. Sign in again."), SignInModel.AddressTo(To));

        var result = await guard.TryCodeAsync(pending, code, Aborted);
        if (result.Account is null)
            return Back(ActionOutcome.No(result.Problem("Wrong code. Each code can be used once.")), Address + SignInModel.QueryOf(To));

        PendingSignIn.End(HttpContext);
        await SignInCookie.BeginAsync(HttpContext, pending);
        DeviceCookie.Set(HttpContext, pending);
        return Redirect(SignInModel.Destination(Url, To));
    }
}

using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin.Pages.Accounts;

[Needs(Role.Viewer, BeforeSecondFactor = true)]
internal sealed class MeModel(AccountStore accounts, SignInGuard guard, IOptions<AdminOptions> options) : AdminPage
{
    /// <summary>Whether the account signs in through the identity provider.</summary>
    public bool IsExternal { get; private set; }

    public string Provider => options.Value.OpenIdConnect.Title;

    public async Task OnGetAsync() => IsExternal = await accounts.FindAsync(Actor.AccountId, Aborted) is { IsExternal: true };

    public async Task<IActionResult> OnPostAsync(string? now, string? password)
    {
        // Limited like sign-in, so that an unattended browser does not allow guessing the password.
        if ((await guard.TryAsync(SignInAttempt.Of(HttpContext, Actor.Name, now), Aborted)).Account is not { } account)
            return Back(ActionOutcome.No("The current password is wrong, or there were too many attempts."), "/admin/me");

        var result = await accounts.SetPasswordAsync(account.Id, password, Actor.Name, Aborted);
        if (result.Done)
            await SignInCookie.BeginAsync(HttpContext, account);
        return Back(result, "/admin/me");
    }
}

using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin.Pages.Accounts;

[Needs(Role.Viewer)]
internal sealed class MeModel(AccountStore accounts, SignInGuard guard) : AdminPage
{
    public async Task<IActionResult> OnPostAsync(string? now, string? password)
    {
        // As hard to guess as at sign-in: a browser left alone must not give the account away.
        if ((await guard.TryAsync(Actor.Name, now ?? "", Aborted)).Account is not { } account)
            return Back(ActionOutcome.No("That is not the password you have, or you tried too often."), "/admin/me");

        var result = await accounts.SetPasswordAsync(account.Id, password, Actor.Name, Aborted);
        if (result.Done)
            await SignInCookie.BeginAsync(HttpContext, account);
        return Back(result, "/admin/me");
    }
}

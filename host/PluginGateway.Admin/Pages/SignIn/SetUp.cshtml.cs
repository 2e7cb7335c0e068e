using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages.SignIn;

[Needs(Role.None)]
internal sealed class SetUpModel(SetUpLink link, AccountStore accounts, SignInGuard guard) : AdminPage
{
    public async Task<IActionResult> OnGetAsync(string token) => await link.IsValidAsync(token, Aborted) ? Page() : NotFound();

    public async Task<IActionResult> OnPostAsync(string token, string? name, string? password)
    {
        if (!await link.IsValidAsync(token, Aborted))
            return NotFound();

        var made = await accounts.CreateAsync(name ?? "", password, new Rights(Role.Admin, []), "the set-up link", Sessions.KeyOf(token), Aborted);
        if (!made.Done)
            return Back(made, $"/admin/set-up/{Uri.EscapeDataString(token)}");

        if ((await guard.TryAsync(SignInAttempt.Of(HttpContext, name, password), Aborted)).Account is { } account)
        {
            await SignInCookie.BeginAsync(HttpContext, account);
            DeviceCookie.Set(HttpContext, account);
        }

        return Redirect(AdminMiddleware.Root);
    }
}

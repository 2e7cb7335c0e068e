using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages.SignIn;

[Needs(Role.None)]
internal sealed class SetUpModel(SetUpLink link, AccountStore accounts, SignInGuard guard) : AdminPage
{
    [BindProperty]
    public string? Name { get; set; }

    public string? Failed { get; private set; }

    public async Task<IActionResult> OnGetAsync(string token) => await link.IsValidAsync(token, Aborted) ? Page() : NotFound();

    public async Task<IActionResult> OnPostAsync(string token, string? password)
    {
        if (!await link.IsValidAsync(token, Aborted))
            return NotFound();

        var made = await accounts.CreateAsync(Name ?? "", password, new Rights(Role.Admin, []), "the set-up link", Sessions.KeyOf(token), Aborted);
        if (!made.Done)
        {
            Failed = made.Text;
            return Page();
        }

        if ((await guard.TryAsync(SignInAttempt.Of(HttpContext, Name, password), Aborted)).Account is { } account)
        {
            await SignInCookie.BeginAsync(HttpContext, account);
            DeviceCookie.Set(HttpContext, account);
        }

        return Redirect(AdminMiddleware.Root);
    }
}

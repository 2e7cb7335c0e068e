using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages.SignIn;

[Needs(Role.None)]
internal sealed class SignInModel(SignInGuard guard, AccountStore accounts) : AdminPage
{
    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    [BindProperty]
    public string? Name { get; set; }

    public bool HasNoAccounts { get; private set; }

    public string? Failed { get; private set; }

    public async Task OnGetAsync() => HasNoAccounts = !await accounts.AnyAsync(Aborted);

    public async Task<IActionResult> OnPostAsync(string? password)
    {
        var result = await guard.TryAsync(SignInAttempt.Of(HttpContext, Name, password), Aborted);
        if (result.Account is { } account)
        {
            await SignInCookie.BeginAsync(HttpContext, account);
            DeviceCookie.Set(HttpContext, account);
            return Redirect(Url.IsLocalUrl(To) && To.StartsWith(AdminMiddleware.Root, StringComparison.Ordinal) ? To : AdminMiddleware.Root);
        }

        Failed = result.Wait > TimeSpan.Zero
            ? $"Too many attempts. Wait {DurationText.Text(result.Wait + TimeSpan.FromSeconds(1))}, then try again."
            : "Wrong name or password.";
        Response.StatusCode = StatusCodes.Status200OK;
        return Page();
    }
}

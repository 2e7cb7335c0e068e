using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin.Pages.SignIn;

[Needs(Role.None)]
internal sealed class SignInModel(SignInGuard guard, AccountStore accounts) : AdminPage
{
    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    public bool HasNoAccounts { get; private set; }

    public async Task OnGetAsync() => HasNoAccounts = !await accounts.AnyAsync(Aborted);

    public async Task<IActionResult> OnPostAsync(string? name, string? password)
    {
        var result = await guard.TryAsync(SignInAttempt.Of(HttpContext, name, password), Aborted);
        if (result.Account is { } account)
        {
            await SignInCookie.BeginAsync(HttpContext, account);
            DeviceCookie.Set(HttpContext, account);
            return Redirect(Url.IsLocalUrl(To) && To.StartsWith(AdminMiddleware.Root, StringComparison.Ordinal) ? To : AdminMiddleware.Root);
        }

        var problem = result.Wait > TimeSpan.Zero
            ? $"Too many attempts. Wait {DurationText.Text(result.Wait + TimeSpan.FromSeconds(1))}, then try again."
            : "Wrong name or password.";
        return Back(ActionOutcome.No(problem), $"/admin/sign-in{(To is null ? default : QueryString.Create("to", To))}");
    }
}

using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages.SignIn;

[Needs(Role.None)]
internal sealed class SignOutModel : AdminPage
{
    public async Task<IActionResult> OnPostAsync()
    {
        await SignInCookie.EndAsync(HttpContext);
        return Redirect("/admin/sign-in");
    }
}

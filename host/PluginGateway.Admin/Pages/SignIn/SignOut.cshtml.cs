using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages.SignIn;

[Needs(Role.None)]
internal sealed class SignOutModel(Sessions sessions) : AdminPage
{
    public async Task<IActionResult> OnPostAsync()
    {
        await SignInCookie.RemoveAsync(HttpContext, sessions);
        return Redirect("/admin/sign-in");
    }
}

using Microsoft.AspNetCore.Mvc;
using PluginGateway.Host.Admin.Access;
using PluginGateway.Host.Admin.SignIn;

namespace PluginGateway.Host.Admin.Pages;

[Needs(Role.None)]
internal sealed class SignOutModel(Sessions sessions) : AdminPage
{
    public async Task<IActionResult> OnPostAsync()
    {
        await SignInCookie.RemoveAsync(HttpContext, sessions);
        return Redirect("/admin/sign-in");
    }
}

using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;

namespace PluginGateway.Admin.Pages.SignIn;

/// <summary>Redirects to the identity provider.</summary>
[Needs(Role.None)]
internal sealed class OpenIdModel(IOptions<AdminOptions> options, ILogger<OpenIdModel> log) : AdminPage
{
    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    public async Task<IActionResult> OnGetAsync()
    {
        if (!options.Value.OpenIdConnect.IsOn)
            return NotFound();

        try
        {
            var properties = new AuthenticationProperties { RedirectUri = SignInModel.Destination(Url, To) };
            await HttpContext.ChallengeAsync(OpenIdSignIn.Scheme, properties);
            return new EmptyResult();
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidOperationException)
        {
            // Its configuration cannot be read.
            log.OpenIdFailed(HttpContext.TraceIdentifier, e.GetBaseException().Message);
            return Back(
                ActionOutcome.No("The identity provider cannot be reached. Try again, or sign in with a name and password."), SignInModel.AddressTo(To));
        }
    }
}

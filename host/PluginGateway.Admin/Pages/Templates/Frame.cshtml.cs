using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Email;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Templates;

namespace PluginGateway.Admin.Pages.Templates;

/// <summary>
/// The HTML part of an e-mail, for display in a frame. Content from operators and reporters cannot run scripts, load resources or navigate.
/// </summary>
[Needs(Role.Operator, AllCouncils = true)]
internal sealed class FrameModel(TemplateFiles files, TemplatePreview preview) : AdminPage
{
    public const string Policy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

    public async Task<IActionResult> OnGetAsync(string? name, string? report)
    {
        if (files.Folders().Prepend(null).FirstOrDefault(f => MailTemplates.NameOf(f, MailTemplates.Html) == name, "/") is "/" || name is null
            || await preview.FindAsync(report, Aborted) is not { } found)
            return NotFound();

        Response.Headers.ContentSecurityPolicy = Policy;
        var folder = name.Contains('/', StringComparison.Ordinal) ? name[..name.IndexOf('/', StringComparison.Ordinal)] : null;
        try
        {
            return Content(
                await preview.RenderPageAsync(name, await preview.TextAsync(folder, MailTemplates.Html, Aborted), found, Aborted), "text/html; charset=utf-8");
        }
        catch (TemplateException e)
        {
            return Content($"The template is invalid: {e.Message}", "text/plain; charset=utf-8");
        }
    }
}

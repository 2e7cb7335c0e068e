using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Pages.Reports;

/// <summary>A file of a report. Pictures are displayed; all other files are downloaded, regardless of their type.</summary>
[Needs(Role.Viewer)]
internal sealed class FileModel(IDatabase database, AttachmentStore attachments) : AdminPage
{
    private static readonly string[] Pictures = ["image/jpeg", "image/png", "image/gif", "image/webp"];

    public static bool IsPicture(string type) => Pictures.Contains(type, StringComparer.OrdinalIgnoreCase);

    public async Task<IActionResult> OnGetAsync(string id, long file)
    {
        var (target, _) = await database.ReadAsync(db => DeliveryReference.FindAsync(db, id, Actor.Councils), Aborted);
        if (target is null || target.ReportId == 0 || !Actor.Sees(target.Council))
            return NotFound();

        if (await attachments.FindAsync(target.ReportId, file, Aborted) is not { } found)
            return NotFound();

        Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        var content = await attachments.OpenAsync(found, Aborted);
        return IsPicture(found.ContentType) ? File(content, found.ContentType) : File(content, "application/octet-stream", found.FileName);
    }
}

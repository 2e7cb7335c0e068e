using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Admin.Pages.Councils;

[Needs(Role.Viewer)]
internal sealed class DocumentsModel(CouncilDirectory directory, DocumentQueue documents, CollectionStore collections, DisplayTimeZone zones) : AdminPage
{
    private const int PerPage = 50;

    public string CouncilId { get; private set; } = "";

    public bool HasCouncil { get; private set; }

    public IReadOnlyList<CollectionRow> Collections { get; private set; } = [];

    public IReadOnlyList<DocumentRow> Rows { get; private set; } = [];

    public long? Next { get; private set; }

    public override TimeZoneInfo Zone => zones.Of(CouncilId);

    public async Task<IActionResult> OnGetAsync(string council, long? before)
    {
        CouncilId = council;
        Collections = await collections.ListAsync(council, Aborted);
        var rows = await documents.ListAsync(council, PerPage + 1, Aborted, before);
        // The documents of a council without a council file can still be shown.
        HasCouncil = directory.Current.Find(council) is not null;
        if (!HasCouncil && rows.Count == 0)
            return NotFound();
        (Rows, Next) = ([.. rows.Take(PerPage)], rows.Count > PerPage ? rows[PerPage - 1].Id : null);
        return Page();
    }

    public static string Word(DocumentRow document) => document.State switch
    {
        DocumentState.Waiting => document.Cause.Length > 0 ? "Retrying" : "Waiting",
        DocumentState.Read => "Read",
        DocumentState.Held => "Held",
        DocumentState.Cleared or DocumentState.Clearing => "Deleted",
        _ => "Unreadable",
    };
}

using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Admin.Pages.Councils;

[Needs(Role.Viewer, Role.Operator)]
internal sealed class DocumentModel(DocumentQueue documents, CouncilActions actions, DisplayTimeZone zones) : AdminPage
{
    public DocumentRow Document { get; private set; } = null!;

    public IReadOnlyList<ProblemRow> Problems { get; private set; } = [];

    public bool MayChange => Actor.May(Role.Operator);

    public override TimeZoneInfo Zone => Document is null ? base.Zone : zones.Of(Document.Council);

    public async Task<IActionResult> OnGetAsync(string council, long id)
    {
        if (await documents.ShowAsync(id, Aborted) is not { } found || found.Document.Council != council)
            return NotFound();
        (Document, Problems) = (found.Document, found.Problems);
        return Page();
    }

    public async Task<IActionResult> OnPostAcceptAsync(string council, long id, string? decision, string? why)
    {
        if (await documents.ShowAsync(id, Aborted) is not { } found || found.Document.Council != council)
            return NotFound();
        var result = string.IsNullOrWhiteSpace(why) ? RequiredReason.Missing
            : decision is not ("known" or "news") ? ActionOutcome.No("Choose which rows are passed on.")
            : await actions.AcceptDocumentAsync(
                id, decision == "news" ? DocumentDecision.News : DocumentDecision.Known, Actor.Name, why.Trim(), Aborted);
        return Back(result, $"/admin/councils/{Uri.EscapeDataString(council)}/documents/{id}");
    }

    public async Task<IActionResult> OnPostAsync(string council, long id) =>
        await documents.ShowAsync(id, Aborted) is { } found && found.Document.Council == council
            ? Back(await actions.ReadAgainAsync(id, Actor.Name, Aborted), $"/admin/councils/{Uri.EscapeDataString(council)}/documents/{id}")
            : NotFound();
}

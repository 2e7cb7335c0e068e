using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Pages.Reports;

[Needs(Role.Viewer)]
internal sealed class SearchModel(ReportSearch search, CouncilDirectory directory, IDatabase database) : FilterPage(directory)
{
    public IReadOnlyList<FoundReport> Rows { get; private set; } = [];

    /// <summary>The address of the next page; null on the last page.</summary>
    public string? Next { get; private set; }

    /// <summary>Whether an action on all matching reports is available.</summary>
    public bool MayChange =>
        Actor.May(Role.Operator) && Filter().States is not (StateFilter.All or StateFilter.Sent or StateFilter.Cancelled or StateFilter.Sending);

    public async Task<IActionResult> OnGetAsync(long? before)
    {
        if (IsForbidden)
            return NotFound();
        // An id leads directly to its report; any other text is a search for words.
        if (Q?.Trim() is { Length: > 0 } id && !id.Contains(' ', StringComparison.Ordinal)
            && (await database.ReadAsync(
                db => DeliveryReference.FindAsync(db, id, Council is { Length: > 0 } only ? [only] : Actor.Councils), Aborted)).Found is { } target
                    && Actor.Sees(target.Council))
            return LocalRedirect($"/admin/reports/{Uri.EscapeDataString(target.OwnId.Length > 0 ? target.OwnId : id)}");

        var rows = await search.ListAsync(Filter(), Actor, before, ReportSearch.PageSize + 1, Aborted);
        Rows = [.. rows.Take(ReportSearch.PageSize)];
        if (rows.Count > ReportSearch.PageSize)
            Next = "/admin/reports"
                + QueryString.Create(
                    Parts().Where(p => !string.IsNullOrEmpty(p.Value)).Append(new("before", Rows[^1].Id.ToString(CultureInfo.InvariantCulture))));
        return Page();
    }
}

using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Pages.Reports;

/// <summary>The reports that fit, as a file for a spreadsheet. Written as it is read, some thousand rows at a time.</summary>
[Needs(Role.Viewer)]
internal sealed class CsvModel(ReportSearch search, CouncilDirectory directory) : FilterPage(directory)
{
    private const int Batch = 5_000;
    private const int MaxRows = 200_000;

    public async Task<IActionResult> OnGetAsync()
    {
        if (IsOfOthers)
            return NotFound();

        Response.ContentType = "text/csv; charset=utf-8";
        Response.Headers.ContentDisposition = "attachment; filename=\"reports.csv\"";
        // The mark tells spreadsheets that it is UTF-8.
        await Response.WriteAsync(
            "\uFEFF" + CsvText.Line("report", "kind", "council", "back end", "service", "state", "tries", "accepted (UTC)", "cause"), Aborted);
        long? before = null;
        for (var written = 0; written < MaxRows;)
        {
            var rows = await search.ListAsync(Filter(), Actor, before, Batch, Aborted);
            var text = new StringBuilder();
            foreach (var row in rows)
                text.Append(CsvText.Line(
                    row.Report, row.Kind.ToString().ToLowerInvariant(), row.Council, row.BackEnd, row.Service, LaneIssues.Word(row.State),
                    row.Tries.ToString(CultureInfo.InvariantCulture),
                    UnixTime.At(row.Created).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), row.Cause));
            await Response.WriteAsync(text.ToString(), Aborted);
            if (rows.Count < Batch)
                break;
            (before, written) = (rows[^1].Id, written + rows.Count);
        }

        return new EmptyResult();
    }
}

using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Pages.Reports;

/// <summary>Exports the reports that match the filter as a CSV file. Rows are read and written in batches.</summary>
[Needs(Role.Viewer)]
internal sealed class CsvModel(ReportSearch search, CouncilDirectory directory) : FilterPage(directory)
{
    private const int Batch = 5_000;
    private const int MaxRows = 200_000;

    public async Task<IActionResult> OnGetAsync()
    {
        if (IsForbidden)
            return NotFound();

        Response.ContentType = "text/csv; charset=utf-8";
        Response.Headers.ContentDisposition = "attachment; filename=\"reports.csv\"";
        // Spreadsheets recognise UTF-8 by the byte order mark.
        await Response.WriteAsync(
            "\uFEFF" + CsvText.Line("report", "kind", "council", "back end", "service", "state", "attempts", "accepted (UTC)", "cause"), Aborted);
        long? before = null;
        for (var written = 0; written < MaxRows;)
        {
            var rows = await search.ListAsync(Filter(), Actor, before, Batch, Aborted);
            var text = new StringBuilder();
            foreach (var row in rows)
                text.Append(CsvText.Line(
                    row.Report, row.Kind.ToString().ToLowerInvariant(), row.Council, row.BackEnd, row.Service, LaneIssues.Word(row.State),
                    row.Attempts.ToString(CultureInfo.InvariantCulture),
                    UnixTime.At(row.Created).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), row.Cause));
            await Response.WriteAsync(text.ToString(), Aborted);
            if (rows.Count < Batch)
                break;
            (before, written) = (rows[^1].Id, written + rows.Count);
        }

        return new EmptyResult();
    }
}

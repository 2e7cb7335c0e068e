using System.Runtime.CompilerServices;
using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// Reads the updates of a window for clients: the gateway's own updates (the id of a case that became known late) and those collected from the council.
/// No back end is called while a client waits.
/// </summary>
internal sealed class UpdateReader(CouncilUpdateStore store, ClientPolls polls, UpdatePictures pictures, IDatabase database)
{
    private const int PageSize = 1_000;

    /// <summary>
    /// Returns the updates page by page, so that a window of any length needs little memory. Those of a page are in the order in which they are served, and
    /// those of a report on all pages too.
    /// </summary>
    /// <param name="council">The council.</param>
    /// <param name="client">The client; null for a caller without a key.</param>
    /// <param name="start">The beginning of the window.</param>
    /// <param name="end">The end of the window.</param>
    /// <param name="ct">Cancels the read.</param>
    public async IAsyncEnumerable<IReadOnlyList<ServedUpdate>> ReadAsync(
        Council council, ApiClient? client, DateTimeOffset start, DateTimeOffset end, [EnumeratorCancellation] CancellationToken ct)
    {
        var from = await polls.RecordAsync(council.JurisdictionId, client?.Id ?? 0, start, end, ct);
        var last = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        List<ServedRow> rows;
        ServedRow? previous = null;
        do
        {
            rows = await store.ServedAsync(council.JurisdictionId, from, end, previous, PageSize, ct);
            previous = rows.LastOrDefault();
            var shown = (await WithReportsAsync(council, rows, ct)).Where(r => r.Row.IsVisibleTo(client));
            yield return [.. shown.Select(r => ToServed(council, r.Row, r.Update, start, last)).OrderBy(u => u.Time)];
        }
        while (rows.Count == PageSize);
    }

    /// <summary>
    /// Returns the updates whose content has not been deleted. A council may name a case by the gateway's id of its report, which is not stored as an alias;
    /// such a report is added here.
    /// </summary>
    private async Task<IEnumerable<(ServedRow Row, CouncilUpdate Update)>> WithReportsAsync(Council council, List<ServedRow> rows, CancellationToken ct)
    {
        var updates = rows.Where(r => r.Payload.Length > 0)
            .Select(r => (Row: r, Update: JsonSerializer.Deserialize(r.Payload, ReportJson.Default.StoredCouncilUpdate)!.ToUpdate())).ToList();
        var own = updates.Where(u => u.Row.ReportId == 0).Select(u => ReportIds.Read(u.Update.BackEndId)).Where(id => id > 0).Distinct().ToList();
        if (own.Count == 0)
            return updates;

        var known = new Dictionary<string, ServedRow>(StringComparer.Ordinal);
        foreach (var ids in own.Chunk(DbSession.MaxList))
            foreach (var report in await database.ReadAsync(
                db => db.ListAsync<ServedRow>(
                    """
                    SELECT v.own_id AS PublicId, r.id AS ReportId, r.private AS Private, r.client_id AS ClientId
                    FROM report_revision v JOIN report r ON r.id = v.report_id WHERE v.id IN @ids AND r.council = @council
                    """,
                    new { ids, council = council.JurisdictionId }),
                ct))
                known[report.PublicId!] = report;
        return updates.Select(u => u.Row.ReportId == 0 && known.TryGetValue(u.Update.BackEndId, out var report)
            ? (u.Row with { ReportId = report.ReportId, Private = report.Private, ClientId = report.ClientId }, u.Update)
            : u);
    }

    /// <param name="council">The council.</param>
    /// <param name="row">The row of the update.</param>
    /// <param name="update">The update.</param>
    /// <param name="start">The start of the window. Clients ignore updates outside the window they asked for.</param>
    /// <param name="last">For each report with missed updates, the time with which its last update is served.</param>
    private ServedUpdate ToServed(
        Council council, ServedRow row, CouncilUpdate update, DateTimeOffset start, Dictionary<string, DateTimeOffset> last)
    {
        var prefix = council.BackEnds.GetValueOrDefault(row.BackEnd)?.Prefix ?? "";
        var (report, served) = (row.PublicId ?? prefix + update.BackEndId, UnixTime.At(row.Served));
        return new ServedUpdate
        {
            ReportId = report,
            Time = Time(report, served, start, last),
            // A late update must not set the report back to an earlier status.
            Update = update with
            {
                UpdateId = prefix + update.UpdateId,
                Status = row.Late ? "unchanged" : update.Status,
                MediaUrls = [.. update.MediaUrls.Select(u => pictures.Link(council, u))],
            },
        };
    }

    /// <summary>Serves missed updates from the start of the window on, and keeps later updates of the report after them.</summary>
    private static DateTimeOffset Time(string report, DateTimeOffset served, DateTimeOffset start, Dictionary<string, DateTimeOffset> last)
    {
        var isKnown = last.TryGetValue(report, out var before);
        if (served >= start && !isKnown)
            return served;

        var next = (isKnown ? before : start).AddSeconds(1);
        return last[report] = served > next ? served : next;
    }
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// Reads the updates of a window for clients: the gateway's own updates (the id of a case that became known late) and those collected from the council.
/// No back end is called while a client waits.
/// </summary>
internal sealed class UpdateReader(CouncilUpdateStore store, ClientPolls polls, UpdatePictures pictures)
{
    private const int PageSize = 1_000;

    /// <summary>
    /// Returns the updates page by page, so that a window of any length needs little memory. Those of a page are in the order in which they are served, and
    /// those of a report on all pages too.
    /// </summary>
    /// <param name="council">The council.</param>
    /// <param name="clientId">The client; 0 for a client without a key.</param>
    /// <param name="start">The beginning of the window.</param>
    /// <param name="end">The end of the window.</param>
    /// <param name="ct">Cancels the read.</param>
    public async IAsyncEnumerable<IReadOnlyList<ServedUpdate>> ReadAsync(
        Council council, long clientId, DateTimeOffset start, DateTimeOffset end, [EnumeratorCancellation] CancellationToken ct)
    {
        var from = await polls.RecordAsync(council.JurisdictionId, clientId, start, end, ct);
        var last = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        List<ServedRow> rows;
        ServedRow? previous = null;
        do
        {
            rows = await store.ServedAsync(council.JurisdictionId, from, end, previous, PageSize, ct);
            previous = rows.LastOrDefault();
            yield return [.. rows.Where(r => r.Payload.Length > 0).Select(r => ToServed(council, r, start, last)).OrderBy(u => u.Time)];
        }
        while (rows.Count == PageSize);
    }

    /// <param name="council">The council.</param>
    /// <param name="row">The row of the update.</param>
    /// <param name="start">The start of the window. Clients ignore updates outside the window they asked for.</param>
    /// <param name="last">For each report with missed updates, the time with which its last update is served.</param>
    private ServedUpdate ToServed(Council council, ServedRow row, DateTimeOffset start, Dictionary<string, DateTimeOffset> last)
    {
        var update = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.StoredCouncilUpdate)!.ToUpdate();
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

using System.Text.Json;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// The news of a window, as clients read it: what the gateway itself has to tell (the id of a case that came late), and what was collected
/// from the council. No back end is asked while a client waits.
/// </summary>
internal sealed class UpdateReader(CouncilUpdateStore store, ClientPolls asks)
{
    /// <summary>The updates, in the order of the times they are shown under.</summary>
    /// <param name="council">The council.</param>
    /// <param name="clientId">Who asks; 0 for one without a key.</param>
    /// <param name="start">The beginning of the window.</param>
    /// <param name="end">The end of the window.</param>
    /// <param name="ct">Cancels the reading.</param>
    public async Task<IReadOnlyList<ServedUpdate>> ReadAsync(Council council, long clientId, DateTimeOffset start, DateTimeOffset end, CancellationToken ct)
    {
        var from = await asks.RecordAsync(council.JurisdictionId, clientId, start, end, ct);
        var rows = await store.ServedAsync(council.JurisdictionId, from, end, ct);
        var last = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        return [.. rows.Select(r => ToServed(council, r, start, last)).OrderBy(u => u.Time)];
    }

    /// <param name="council">The council.</param>
    /// <param name="row">The news.</param>
    /// <param name="start">The beginning of the window; clients drop what lies outside of what they asked for.</param>
    /// <param name="last">For each report of which something was missed, the last time that its news is shown under.</param>
    private static ServedUpdate ToServed(Council council, ServedRow row, DateTimeOffset start, Dictionary<string, DateTimeOffset> last)
    {
        var update = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.StoredCouncilUpdate)!.ToUpdate();
        var prefix = council.BackEnds.GetValueOrDefault(row.BackEnd)?.Prefix ?? "";
        var (report, served) = (row.PublicId ?? prefix + update.BackEndId, UnixTime.At(row.Served));
        return new ServedUpdate
        {
            ReportId = report,
            Time = Time(report, served, start, last),
            // What came late must not set the report back to what it was before newer news.
            Update = update with { UpdateId = prefix + update.UpdateId, Status = row.Late ? "unchanged" : update.Status },
        };
    }

    /// <summary>What was missed is shown from the window's beginning on, and what came after it stays behind it.</summary>
    private static DateTimeOffset Time(string report, DateTimeOffset served, DateTimeOffset start, Dictionary<string, DateTimeOffset> last)
    {
        var isKnown = last.TryGetValue(report, out var before);
        if (served >= start && !isKnown)
            return served;

        var next = (isKnown ? before : start).AddSeconds(1);
        return last[report] = served > next ? served : next;
    }
}

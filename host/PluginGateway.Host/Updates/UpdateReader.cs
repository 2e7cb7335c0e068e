using System.Text.Json;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Updates;

/// <summary>
/// The news of a window, as clients read it: what the gateway itself has to tell (the id of a case that came late), and what was collected
/// from the council. No back end is asked while a client waits.
/// </summary>
internal sealed class UpdateReader(CouncilUpdateStore store, ClientAsks asks)
{
    /// <summary>The updates, in the order of the times they are shown under.</summary>
    /// <param name="council">The council.</param>
    /// <param name="clientId">Who asks; 0 for one without a key.</param>
    /// <param name="start">The beginning of the window.</param>
    /// <param name="end">The end of the window.</param>
    /// <param name="ct">Cancels the reading.</param>
    public async Task<IReadOnlyList<ServedUpdate>> ReadAsync(Council council, long clientId, DateTimeOffset start, DateTimeOffset end, CancellationToken ct)
    {
        var from = await asks.NoteAsync(council.JurisdictionId, clientId, start, end, ct);
        var rows = await store.ServedAsync(council.JurisdictionId, from, end, ct);
        var missed = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. rows.Select(r => ToServed(council, r, start, missed)).OrderBy(u => u.Time)];
    }

    /// <param name="council">The council.</param>
    /// <param name="row">The news.</param>
    /// <param name="start">The beginning of the window; what was missed before it is shown from there on, one report's news a second apart, for clients drop what is outside of what they asked for.</param>
    /// <param name="missed">How much of each report was missed so far.</param>
    private static ServedUpdate ToServed(Council council, ServedRow row, DateTimeOffset start, Dictionary<string, int> missed)
    {
        var update = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.CouncilUpdate)!;
        var prefix = council.BackEnds.GetValueOrDefault(row.BackEnd)?.Prefix ?? "";
        var (report, served) = (row.PublicId ?? prefix + update.BackEndId, UnixTime.At(row.Served));
        return new ServedUpdate
        {
            ReportId = report,
            Time = served >= start ? served : start.AddSeconds(missed[report] = missed.GetValueOrDefault(report) + 1),
            // What came late must not set the report back to what it was before newer news.
            Update = update with { UpdateId = prefix + update.UpdateId, Status = row.Late ? "unchanged" : update.Status },
        };
    }
}

using System.Text.Json;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Updates;

/// <summary>
/// The news of a window, as clients read it: what the gateway itself has to tell (the id of a case that came late), and what was collected
/// from the council. No back end is asked while a client waits.
/// </summary>
internal sealed class UpdateReader(CouncilUpdateStore store)
{
    /// <summary>The updates, in the order of the times they are shown under.</summary>
    public async Task<IReadOnlyList<ServedUpdate>> ReadAsync(Council council, DateTimeOffset start, DateTimeOffset end, CancellationToken ct) =>
        [.. (await store.ServedAsync(council.JurisdictionId, start, end, ct)).Select(r => ToServed(council, r))];

    private static ServedUpdate ToServed(Council council, ServedRow row)
    {
        var update = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.CouncilUpdate)!;
        var prefix = council.BackEnds.GetValueOrDefault(row.BackEnd)?.Prefix ?? "";
        return new ServedUpdate
        {
            ReportId = row.PublicId ?? prefix + update.BackEndId,
            Time = UnixTime.At(row.Served),
            // What came late must not set the report back to what it was before newer news.
            Update = update with { UpdateId = prefix + update.UpdateId, Status = row.Late ? "unchanged" : update.Status },
        };
    }
}

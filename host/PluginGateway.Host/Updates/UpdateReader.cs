using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Updates;

/// <summary>
/// The news of a window: what the gateway itself has to tell (the id of a case that came late), and what the council's back ends say when
/// asked.
/// </summary>
internal sealed class UpdateReader(IDatabase database, AdapterCaller adapters)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    /// <summary>The updates, oldest first; or why they cannot be told.</summary>
    public async Task<(IReadOnlyList<ServedUpdate> Updates, string? Problem)> ReadAsync(Council council, DateTimeOffset start, DateTimeOffset end, CancellationToken ct)
    {
        var updates = await StoredAsync(council, start, end, ct);
        foreach (var backEnd in council.BackEnds.Values.Where(b => adapters.IsAway(b) || adapters.Has<IUpdateSource>(b)))
        {
            var from = new Collection { Start = start, End = end, KeepAsync = static (_, _, _) => throw AdapterException.Misconfigured("Documents are not collected while a client waits.") };
            var outcome = await adapters.CallAsync<IUpdateSource, Collected>(backEnd, Within, (a, token) => a.CollectAsync(from, token), late: null, ct);
            if (outcome is not AdapterOutcome<Collected>.Answered { Value: var collected })
                return ([], "The council's system cannot be asked for updates at the moment.");
            updates.AddRange(await IdentifyAsync(council, backEnd, collected.Updates, ct));
        }

        return (Order(updates), null);
    }

    private async Task<List<ServedUpdate>> StoredAsync(Council council, DateTimeOffset start, DateTimeOffset end, CancellationToken ct)
    {
        var rows = await database.ReadAsync(
            db => db.ListAsync<UpdateRow>(
                """
                SELECT public_id AS PublicId, learned AS Learned, payload AS Payload FROM council_update
                WHERE council = @council AND learned >= @from AND learned < @until ORDER BY learned, id
                """,
                new { council = council.JurisdictionId, from = start.ToUnixTimeMilliseconds(), until = end.ToUnixTimeMilliseconds() + 1_000 }),
            ct);
        return [.. rows.Select(r => ServedUpdate.From(JsonSerializer.Deserialize(r.Payload, ReportJson.Default.CouncilUpdate)!, r.PublicId, UnixTime.At(r.Learned)))];
    }

    /// <summary>Gives each update the id its report was told under; a case that the gateway does not know goes by its own.</summary>
    private async Task<List<ServedUpdate>> IdentifyAsync(Council council, BackEnd backEnd, IReadOnlyList<CouncilUpdate> updates, CancellationToken ct)
    {
        var told = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var batch in updates.Select(u => u.BackEndId).Distinct(StringComparer.Ordinal).Chunk(400))
        {
            var rows = await database.ReadAsync(
                db => db.ListAsync<ToldRow>(
                    """
                    SELECT a.id AS BackEndId, COALESCE(v.public_id, v.own_id) AS PublicId
                    FROM report_alias a JOIN report_revision v ON v.id = a.report_id + a.revision - 1
                    WHERE a.council = @council AND a.backend = @Name AND a.id_key IN @hashes
                    """,
                    new { council = council.JurisdictionId, backEnd.Name, hashes = batch.Select(IdKey.Of) }),
                ct);
            foreach (var row in rows)
                told[row.BackEndId] = row.PublicId;
        }

        return [.. updates.Select(u => ServedUpdate.From(
            u with { UpdateId = backEnd.Prefix + u.UpdateId }, told.GetValueOrDefault(u.BackEndId, backEnd.Prefix + u.BackEndId), u.Happened))];
    }

    /// <summary>Oldest first, and those of one report a second apart: clients drop an update that is not newer than the last.</summary>
    private static List<ServedUpdate> Order(List<ServedUpdate> updates)
    {
        var last = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        var ordered = new List<ServedUpdate>(updates.Count);
        foreach (var update in updates.OrderBy(u => u.Time))
        {
            var time = last.TryGetValue(update.ReportId, out var before) && update.Time < before.AddSeconds(1) ? before.AddSeconds(1) : update.Time;
            last[update.ReportId] = time;
            ordered.Add(update with { Time = time });
        }

        return ordered;
    }

    private sealed class UpdateRow
    {
        public string PublicId { get; init; } = "";

        public long Learned { get; init; }

        public byte[] Payload { get; init; } = [];
    }

    private sealed class ToldRow
    {
        public string BackEndId { get; init; } = "";

        public string PublicId { get; init; } = "";
    }
}

using System.Collections.Concurrent;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Sending.Copies;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>The ids of lanes in the database; a lane is entered when it is first asked for, and never goes.</summary>
internal sealed class LaneIds(IDatabase database)
{
    private readonly ConcurrentDictionary<string, long> _ids = new(StringComparer.Ordinal);

    /// <summary>The id of a back end's lane in the database.</summary>
    public async ValueTask<long> OfAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (_ids.TryGetValue(backEnd.Key, out var known))
            return known;

        var id = await database.WriteAsync(
            async db =>
            {
                await db.ExecuteAsync(
                    """
                    INSERT INTO lane (council, backend) SELECT @Council, @Name
                    WHERE NOT EXISTS (SELECT 1 FROM lane WHERE council = @Council AND backend = @Name)
                    """,
                    new { backEnd.Council, backEnd.Name });
                return await db.ScalarAsync<long>(
                    "SELECT id FROM lane WHERE council = @Council AND backend = @Name", new { backEnd.Council, backEnd.Name });
            },
            ct);
        return _ids[backEnd.Key] = id;
    }

    /// <summary>The lanes of copies.</summary>
    public async Task<IReadOnlyList<CopyDestination>> CopiesAsync(IReadOnlyList<Copy> copies, CancellationToken ct)
    {
        var destinations = new List<CopyDestination>(copies.Count);
        foreach (var copy in copies)
            destinations.Add(new CopyDestination(copy.To.Name, await OfAsync(copy.To, ct), copy.At == CopyTime.Sent));
        return destinations;
    }
}

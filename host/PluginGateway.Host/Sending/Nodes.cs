using Microsoft.Extensions.Options;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>
/// Which of the processes that used this database are gone: those of this machine that do not run any more, and those that have not been heard
/// of for so long that their leases are over.
/// </summary>
internal sealed class Nodes(Node current, IDatabase database, IOptions<SendingOptions> options, TimeProvider time)
{
    public string Current => current.Id;

    /// <summary>Those of <paramref name="nodes"/> that are gone. One that was never heard of may be just starting.</summary>
    public async Task<IReadOnlySet<string>> GoneAsync(IEnumerable<string> nodes, CancellationToken ct)
    {
        var others = nodes.Where(n => n != current.Id).Distinct(StringComparer.Ordinal).ToList();
        if (others.Count == 0)
            return new HashSet<string>();

        var silent = await database.ReadAsync(
            db => db.ListAsync<string>("SELECT id FROM node WHERE id IN @others AND heartbeat < @silent", new { others, silent = time.NowMs() - (2 * options.Value.Lease.Ms()) }), ct);
        return others.Where(current.KnowsDead).Concat(silent).ToHashSet(StringComparer.Ordinal);
    }
}

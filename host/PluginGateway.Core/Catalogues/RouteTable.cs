using System.Collections.Frozen;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Which back end reports of a service are sent through now: the operator's choice for the service, else for the council, else the council
/// file's send method, else the owner. A choice counts only where it can: at the owner, or at
/// an adapter that takes any service. There is no falling back from one that is away.
/// </summary>
internal sealed class RouteTable(IDatabase database, AdapterCaller adapters, TimeProvider time)
{
    private static readonly TimeSpan CacheFor = TimeSpan.FromSeconds(1);

    private volatile Loaded _loaded = new(FrozenDictionary<(string, string), string>.Empty, DateTimeOffset.MinValue);

    public async ValueTask<BackEnd> RouteAsync(Council council, PublishedService service, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (now - _loaded.At > CacheFor)
            _loaded = new Loaded(await LoadAsync(ct), now);

        var choices = _loaded.Choices;
        var chosen = choices.GetValueOrDefault((council.JurisdictionId, service.Code)) ?? choices.GetValueOrDefault((council.JurisdictionId, ""));
        var backEnd = chosen is null ? council.SendMethod : council.BackEnds.GetValueOrDefault(chosen);
        // A choice that has gone from the file is not second-guessed: its lane waits until somebody chooses anew, and that is told.
        if (chosen is not null && backEnd is null)
            return service.Owner with { Name = chosen, Adapter = "" };
        return backEnd is not null && (backEnd.Name == service.Owner.Name || adapters.Describe(backEnd) is null or { AnyService: true })
            ? backEnd
            : service.Owner;
    }

    /// <summary>What is known is old: a choice was just made here.</summary>
    public void Invalidate() => _loaded = _loaded with { At = DateTimeOffset.MinValue };

    private async Task<FrozenDictionary<(string, string), string>> LoadAsync(CancellationToken ct)
    {
        var rows = await database.ReadAsync(
            db => db.ListAsync<RouteRow>("SELECT council AS Council, service AS Service, backend AS BackEnd FROM route"), ct);
        return rows.ToFrozenDictionary(r => (r.Council, r.Service), r => r.BackEnd);
    }

    private sealed record Loaded(FrozenDictionary<(string, string), string> Choices, DateTimeOffset At);

    private sealed class RouteRow
    {
        public string Council { get; init; } = "";

        public string Service { get; init; } = "";

        public string BackEnd { get; init; } = "";
    }
}

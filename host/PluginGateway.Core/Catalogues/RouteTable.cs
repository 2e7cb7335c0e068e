using System.Collections.Frozen;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Determines the back end that reports of a service are sent through: the operator's choice for the service, else for the council, else the send
/// method of the council file, else the owner. A back end other than the owner is used only if its adapter accepts any service or is not loaded: there
/// is no fallback from a back end that is unavailable.
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
        // The chosen back end is no longer in the council file. Its deliveries wait until an operator chooses another one, and the problem is reported.
        if (chosen is not null && backEnd is null)
            return service.Owner with { Name = chosen, Adapter = "" };
        return Choose(adapters, backEnd, service.Owner);
    }

    /// <summary>Returns the back end that was chosen if it can send the owner's reports; otherwise the owner.</summary>
    public static BackEnd Choose(AdapterCaller adapters, BackEnd? chosen, BackEnd owner) =>
        chosen is not null && (chosen.Name == owner.Name || adapters.Describe(chosen) is null or { AnyService: true }) ? chosen : owner;

    /// <summary>Discards the cached choices after a choice has been made on this host.</summary>
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

using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// What every council publishes now. Reads the catalogues of the back ends, keeps the last good ones, and builds a new
/// <see cref="PublishedServices"/> when a catalogue or the council file changes.
/// </summary>
internal sealed class ServiceCatalogues(
    AdapterCaller adapters, CatalogueStore store, IOptions<CouncilOptions> options, TimeProvider time, ILogger<ServiceCatalogues> log)
{
    /// <summary>How long a client's first request waits for a catalogue that was never read.</summary>
    private static readonly TimeSpan FirstReading = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, CouncilCatalogues> _councils = new(StringComparer.Ordinal);

    /// <summary>The services of a council; reads its catalogues first if they were never read. Null if they cannot be.</summary>
    public async ValueTask<PublishedServices?> GetAsync(Council council, CancellationToken ct)
    {
        var own = _councils.GetOrAdd(council.JurisdictionId, static _ => new CouncilCatalogues());
        if (own.Published is { } published && ReferenceEquals(published.Council, council))
            return published;

        await RefreshAsync(council, FirstReading, onlyMissing: true, ct);
        return own.Published;
    }

    /// <summary>Reads the catalogues of a council.</summary>
    public Task RefreshAsync(Council council, CancellationToken ct) => RefreshAsync(council, Reading, onlyMissing: false, ct);

    /// <summary>Publishes what the store has now, without asking a back end.</summary>
    public async Task ReloadAsync(Council council, CancellationToken ct)
    {
        if (_councils.TryGetValue(council.JurisdictionId, out var own))
            own.MustReload = true;
        await RefreshAsync(council, FirstReading, onlyMissing: true, ct);
    }

    private async Task RefreshAsync(Council council, TimeSpan within, bool onlyMissing, CancellationToken ct)
    {
        var own = _councils.GetOrAdd(council.JurisdictionId, static _ => new CouncilCatalogues());
        if (!await own.Gate.WaitAsync(within, ct))
            return;

        try
        {
            if (onlyMissing && !own.MustReload && own.Published is { } published && ReferenceEquals(published.Council, council))
                return;
            own.MustReload = false;

            var (catalogues, stale) = await CataloguesAsync(council, within, onlyMissing, ct);
            // Never a shorter list by accident: with one catalogue unknown there is no list yet.
            if (catalogues is not null)
                await PublishAsync(own, PublishedServicesBuilder.Build(council, catalogues, stale), ct);
        }
        finally
        {
            own.Gate.Release();
        }
    }

    /// <summary>The catalogues of all back ends that publish; null while one of them is not known.</summary>
    private async Task<(IReadOnlyDictionary<string, IReadOnlyList<Service>>? Catalogues, bool Stale)> CataloguesAsync(
        Council council, TimeSpan within, bool onlyMissing, CancellationToken ct)
    {
        var catalogues = new Dictionary<string, IReadOnlyList<Service>>(StringComparer.Ordinal);
        var (complete, stale) = (true, false);
        foreach (var backEnd in Publishing(council))
        {
            // From the store each time: an operator's word, and other hosts' readings, are there.
            var state = await store.FindAsync(council.JurisdictionId, backEnd.Name, ct);
            var fresh = state is not null && time.GetUtcNow() - state.Fetched < options.Value.CatalogueEvery * 3;
            if (state is null || !onlyMissing || IsInSettings(backEnd))
                (state, fresh) = await ReadAsync(council, backEnd, state, within, ct);

            stale |= !fresh;
            // Away, and it never published anything that is remembered: the list cannot get shorter by it.
            if (state is null && council.Catalogue is null && adapters.IsUnavailable(backEnd))
                continue;
            complete &= state is not null;
            if (state is not null)
                catalogues[backEnd.Name] = state.Served;
        }

        return (complete ? catalogues : null, stale);
    }

    private async Task PublishAsync(CouncilCatalogues own, PublishedServices next, CancellationToken ct)
    {
        if (own.Published is { } now && ReferenceEquals(now.Council, next.Council) && now.Stale == next.Stale && Hash(now).SequenceEqual(Hash(next)))
            return;

        next.Changed = UnixTime.At(await store.ChangedAsync(next.Council.JurisdictionId, Hash(next), time.NowMs(), ct));
        own.Published = next;
        log.ServicesPublished(next.Council.JurisdictionId, next.Services.Count);
    }

    private async Task<(CatalogueState? State, bool Fresh)> ReadAsync(
        Council council, BackEnd backEnd, CatalogueState? before, TimeSpan within, CancellationToken ct)
    {
        var outcome = await adapters.CallAsync<IServiceCatalogue, IReadOnlyList<Service>>(
            backEnd, within, static async (a, token) => CatalogueStore.Copy(await a.GetServicesAsync(token)), late: null, ct);
        var problem = outcome switch
        {
            AdapterOutcome<IReadOnlyList<Service>>.Answered answered => ServiceListValidator.FindProblem(answered.Value),
            AdapterOutcome<IReadOnlyList<Service>>.Failed failed => $"{failed.Failure.Message} {failed.Failure.Detail}",
            AdapterOutcome<IReadOnlyList<Service>>.Unavailable away => away.Message,
            _ => "no answer",
        };
        if (problem is not null)
        {
            log.CatalogueNotRead(backEnd.Key, problem);
            return (before, false);
        }

        var reading = ((AdapterOutcome<IReadOnlyList<Service>>.Answered)outcome).Value;
        // What an edit of the file took out is gone on purpose.
        var next = IsInSettings(backEnd)
            ? new CatalogueState { Served = reading, Fetched = time.GetUtcNow() }
            : CatalogueGuard.Read(before, reading, time.GetUtcNow());
        if (next.Missing.Count > 0)
            log.ServicesMissing(backEnd.Key, next.Missing.Count, string.Join(", ", next.Missing.Take(5)));

        await store.SaveAsync(council.JurisdictionId, backEnd.Name, next, ct);
        return (next, true);
    }

    private IEnumerable<BackEnd> Publishing(Council council) => council.Catalogue is { } named
        ? named.Select(n => council.BackEnds[n])
        // An adapter that is away may have a catalogue: what it published last is kept, and without that there is no list yet.
        : council.BackEnds.Values.Where(b => adapters.IsUnavailable(b) || adapters.Has<IServiceCatalogue>(b)).OrderBy(b => b.Name, StringComparer.Ordinal);

    private bool IsInSettings(BackEnd backEnd) => adapters.Describe(backEnd)?.CatalogueInSettings == true;

    private static byte[] Hash(PublishedServices services) =>
        SHA256.HashData(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes<IReadOnlyList<Service>>(
            [.. services.Services.Select(s => s.Service with { Code = s.Code })], CatalogueJson.Default.IReadOnlyListService));

    private sealed class CouncilCatalogues
    {
        private volatile PublishedServices? _published;

        public SemaphoreSlim Gate { get; } = new(1);

        public bool MustReload { get; set; }

        public PublishedServices? Published
        {
            get => _published;
            set => _published = value;
        }
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Provides the services that each council publishes. Reads the catalogues of the back ends, keeps the last valid ones, and builds a new
/// <see cref="PublishedServices"/> when a catalogue or the council file changes.
/// </summary>
internal sealed class ServiceCatalogues(
    AdapterCaller adapters, CatalogueStore store, IOptions<CouncilOptions> options, TimeProvider time, ILogger<ServiceCatalogues> log)
{
    /// <summary>How long a client's request waits for a catalogue that has never been read.</summary>
    private static readonly TimeSpan FirstReadTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, CouncilCatalogues> _councils = new(StringComparer.Ordinal);
    private readonly NewProblems _problems = new();

    /// <summary>Returns the services of a council, after reading its catalogues if they have never been read; null if they cannot be read.</summary>
    public async ValueTask<PublishedServices?> GetAsync(Council council, CancellationToken ct)
    {
        var own = _councils.GetOrAdd(council.JurisdictionId, static _ => new CouncilCatalogues());
        if (own.Published is { } published && ReferenceEquals(published.Council, council))
            return published;

        await RefreshAsync(council, FirstReadTimeout, onlyMissing: true, ct);
        return own.Published;
    }

    /// <summary>Reads the catalogues of a council.</summary>
    /// <returns>Whether there is a list for every back end, and the latest reading contained the questions of all services.</returns>
    public Task<bool> RefreshAsync(Council council, CancellationToken ct) => RefreshAsync(council, ReadTimeout, onlyMissing: false, ct);

    /// <summary>Publishes the stored catalogues without reading them from the back ends.</summary>
    public async Task ReloadAsync(Council council, CancellationToken ct)
    {
        if (_councils.TryGetValue(council.JurisdictionId, out var own))
            own.MustReload = true;
        await RefreshAsync(council, FirstReadTimeout, onlyMissing: true, ct);
    }

    private async Task<bool> RefreshAsync(Council council, TimeSpan within, bool onlyMissing, CancellationToken ct)
    {
        var own = _councils.GetOrAdd(council.JurisdictionId, static _ => new CouncilCatalogues());
        if (!await own.Gate.WaitAsync(within, ct))
            return true;

        try
        {
            if (onlyMissing && !own.MustReload && own.Published is { } published && ReferenceEquals(published.Council, council))
                return true;
            own.MustReload = false;

            own.IsComplete = true;
            var (catalogues, stale) = await CataloguesAsync(own, council, within, onlyMissing, ct);
            // A list without one of the catalogues would be too short, so nothing is published until all catalogues are known.
            if (catalogues is null)
                return false;
            var next = PublishedServicesBuilder.Build(council, catalogues, stale);
            // Clients delete all categories of a council that publishes none. An empty list is published only if an operator or an edit emptied it.
            if (next.Services.Count > 0 || catalogues.Count > 0)
                await PublishAsync(own, next, ct);
            else if (own.Published is null)
                log.NoServices(council.JurisdictionId);
            return own.IsComplete && own.Published is not null;
        }
        finally
        {
            own.Gate.Release();
        }
    }

    /// <summary>Returns the catalogues of all back ends that publish; null while one of them is unknown.</summary>
    private async Task<(IReadOnlyDictionary<string, IReadOnlyList<Service>>? Catalogues, bool Stale)> CataloguesAsync(
        CouncilCatalogues own, Council council, TimeSpan within, bool onlyMissing, CancellationToken ct)
    {
        var catalogues = new Dictionary<string, IReadOnlyList<Service>>(StringComparer.Ordinal);
        var (complete, stale) = (true, false);
        foreach (var backEnd in Publishing(council))
        {
            // Read from the store each time, because operators and other hosts may have changed it.
            var state = await store.FindAsync(council.JurisdictionId, backEnd.Name, ct);
            var current = state is not null && time.GetUtcNow() - state.Fetched < options.Value.CatalogueEvery * 3;
            if (state is null || !onlyMissing || IsInSettings(backEnd))
                (state, current) = await ReadAsync(own, backEnd, state, within, ct);

            stale |= !current;
            // The back end is unavailable and has no stored catalogue, so the list does not become shorter without it.
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
        foreach (var warning in ServiceWarnings.Of(next))
            log.ServiceWarning(next.Council.JurisdictionId, warning);
    }

    private async Task<(CatalogueState? State, bool Current)> ReadAsync(
        CouncilCatalogues own, BackEnd backEnd, CatalogueState? before, TimeSpan within, CancellationToken ct)
    {
        var outcome = await adapters.CallAsync<IServiceCatalogue, IReadOnlyList<Service>>(
            backEnd, within, static async (a, token) => CatalogueStore.Copy(await a.GetServicesAsync(token)), late: null, ct);
        var problem = outcome switch
        {
            AdapterOutcome<IReadOnlyList<Service>>.Answered answered => ServiceList.FindProblem(answered.Value),
            AdapterOutcome<IReadOnlyList<Service>>.Failed failed => $"{failed.Failure.Message} {failed.Failure.Detail}",
            AdapterOutcome<IReadOnlyList<Service>>.Unavailable unavailable => unavailable.Message,
            _ => "The adapter returned no result.",
        };
        var list = problem is null ? ServiceList.Read(((AdapterOutcome<IReadOnlyList<Service>>.Answered)outcome).Value, before?.Served ?? []) : null;
        // A council that is new withdraws no services, so an empty list shows that its system is not ready.
        if (list is { Services.Count: 0 } && before is null)
            problem = "The service list is empty.";
        if (list is null || problem is not null)
        {
            log.CatalogueNotRead(backEnd.Key, problem!);
            return (before, false);
        }

        var reading = list.Services;
        own.IsComplete &= list.IsComplete;
        foreach (var (found, _) in _problems.Find(backEnd.Key, list.Problems))
            log.CatalogueProblem(backEnd.Key, found);
        // A service that is missing after an edit of the file was removed intentionally.
        var next = IsInSettings(backEnd)
            ? new CatalogueState { Served = reading, Fetched = time.GetUtcNow() }
            : CatalogueGuard.Merge(before, reading, time.GetUtcNow());
        if (next.Missing.Count > 0)
            log.ServicesMissing(backEnd.Key, next.Missing.Count, string.Join(", ", next.Missing.Take(5)));

        await store.SaveAsync(backEnd.Council, backEnd.Name, next, ct);
        return (next, true);
    }

    private IEnumerable<BackEnd> Publishing(Council council) => council.Catalogue is { } named
        ? named.Select(n => council.BackEnds[n])
        // An unavailable adapter may have a catalogue. Its last published catalogue is used; without one, nothing is published yet.
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

        /// <summary>Whether the latest readings contained the questions of all services.</summary>
        public bool IsComplete { get; set; } = true;

        public PublishedServices? Published
        {
            get => _published;
            set => _published = value;
        }
    }
}

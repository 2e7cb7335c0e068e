using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Stores the definitions of services as they were when reports were accepted, each version once. A report is delivered with the questions that its
/// reporter answered, even if the catalogue has changed since.
/// </summary>
internal sealed class ServiceVersions(IDatabase database)
{
    private const int MaxCached = 10_000;

    private readonly ConditionalWeakTable<Service, StrongBox<long>> _ids = [];
    private readonly ConcurrentDictionary<long, Service> _services = new();

    /// <summary>Returns the id of this version of a service and stores the version if it is new.</summary>
    public ValueTask<long> IdAsync(Service service, CancellationToken ct) =>
        _ids.TryGetValue(service, out var known) ? ValueTask.FromResult(known.Value) : new(StoreAsync(service, ct));

    /// <summary>Returns the services with ids that <see cref="IdAsync"/> returned.</summary>
    public async ValueTask<IReadOnlyDictionary<long, Service>> FindAsync(IEnumerable<long> ids, CancellationToken ct)
    {
        var found = new Dictionary<long, Service>();
        var missing = new List<long>();
        foreach (var id in ids.Distinct())
            if (_services.TryGetValue(id, out var known))
                found[id] = known;
            else
                missing.Add(id);

        foreach (var batch in missing.Chunk(400))
            foreach (var row in await database.ReadAsync(
                db => db.ListAsync<ServiceRow>("SELECT id AS Id, content AS Content FROM service_version WHERE id IN @batch", new { batch }), ct))
                found[row.Id] = AddToCache(row.Id, JsonSerializer.Deserialize(row.Content, ReportJson.Default.Service)!);
        return found;
    }

    private Service AddToCache(long id, Service service)
    {
        if (_services.Count >= MaxCached)
            _services.Clear();
        return _services.GetOrAdd(id, service);
    }

    private async Task<long> StoreAsync(Service service, CancellationToken ct)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(service, ReportJson.Default.Service);
        var hash = SHA256.HashData(content);
        var id = await database.WriteAsync(
            async db =>
            {
                await db.ExecuteAsync(
                    "INSERT INTO service_version (hash, content) SELECT @hash, @content WHERE NOT EXISTS (SELECT 1 FROM service_version WHERE hash = @hash)",
                    new { hash, content });
                return await db.ScalarAsync<long>("SELECT id FROM service_version WHERE hash = @hash", new { hash });
            },
            ct);
        _ids.AddOrUpdate(service, new StrongBox<long>(id));
        return id;
    }

    private sealed class ServiceRow
    {
        public long Id { get; init; }

        public byte[] Content { get; init; } = [];
    }
}

using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Host;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>All stores of a gateway on one database, without its web server and background jobs, so that only the test acts.</summary>
internal sealed class StoreWorld : IAsyncDisposable
{
    public const string File = """
        {
          "jurisdictionId": "c", "name": "The council", "mode": "queued", "sendMethod": "main",
          "backends": { "main": { "adapter": "blackhole", "settings": {} }, "spare": { "adapter": "blackhole", "settings": {} } },
          "services": [ { "code": "BIN", "name": "Missed bin" }, { "code": "LAMP", "name": "Lamp" } ]
        }
        """;

    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;

    private StoreWorld(IEnumerable<string> settings, string file)
    {
        _folder.Write("councils/c.json", file);
        _app = Gateway.Build(
            [
                $"--State:Path={_folder.At("state")}", $"--Plugins:Path={_folder.At("plugins")}", $"--Councils:Path={_folder.At("councils")}",
                "--Logging:LogLevel:Default=None", .. settings,
            ],
            services => services.AddSingleton<TimeProvider>(Clock));
    }

    public WatchedClock Clock { get; } = new();

    public IDatabase Database => Get<IDatabase>();

    public Council Council => Get<CouncilDirectory>().Current.Find("c")!;

    public BackEnd Main => Council.BackEnds["main"];

    public BackEnd Spare => Council.BackEnds["spare"];

    public long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<StoreWorld> CreateAsync(IEnumerable<string> settings, string file = File)
    {
        var world = new StoreWorld(settings, file);
        await world.Get<PluginLoading>().RunAsync(world.Database.MigrateAsync(default), default);
        await world.Get<CouncilDirectory>().ScanAsync(default);
        // Only the test sends deliveries.
        await world.Get<Lanes>().StopAsync(TimeSpan.Zero);
        return world;
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Accepts a report on the council's default route.</summary>
    public Task<AcceptResult> AcceptAsync(
        string? reference, string content = "A bin", string service = "BIN", bool isKey = false, BackEnd? route = null, Reporter? reporter = null, params Copy[] copies)
    {
        var contract = new Service { Code = service, Name = service };
        return Get<ReportAcceptor>().AcceptAsync(
            new NewReport
            {
                Council = Council,
                Service = new PublishedService { Code = service, Service = contract, Owner = Main },
                Route = route ?? Main,
                Copies = copies,
                ClientId = 7,
                ClientName = "a site",
                Request = Some.Request(contract) with { ReceivedAt = Clock.GetUtcNow(), Description = content, Reporter = reporter ?? new Reporter() },
                Fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes(content)),
                Reference = reference,
                ReferenceIsKey = isKey,
            },
            default);
    }

    public async Task<List<ClaimedDelivery>> ClaimAsync(int count = 10, BackEnd? backEnd = null, BackEnd? suspensionsOf = null) =>
        await Get<DeliveryStore>().ClaimDueAsync(await LaneAsync(backEnd), count, marksCommit: true, suspensionsOf, default);

    public ValueTask<long> LaneAsync(BackEnd? backEnd = null) => Get<Lanes>().IdAsync(backEnd ?? Main, default);

    /// <summary>Claims one delivery and records it as sent.</summary>
    public async Task<string> SendAsync(string backEndId, Submission? submission = null)
    {
        var delivery = Assert.Single(await ClaimAsync(1));
        await Get<DeliveryStore>().MarkCommittingAsync(delivery, default);
        var content = (await Get<DeliveryStore>().ContentAsync(delivery.ReportId, delivery.Revision, default))!;
        return await Get<OutcomeRecorder>()
            .CreatedAsync(delivery, Main, content, (submission ?? new Submission()) with { BackEndId = backEndId }, "", 1, default);
    }

    public Task<long> CountAsync(string from) => Database.ReadAsync(db => db.ScalarAsync<long>($"SELECT COUNT(*) FROM {from}"), default);

    public Task<T?> ScalarAsync<T>(string sql) => Database.ReadAsync(db => db.ScalarAsync<T>(sql), default);

    public Task<int> ExecuteAsync(string sql, object? parameters = null) => Database.WriteAsync(db => db.ExecuteAsync(sql, parameters), default);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}

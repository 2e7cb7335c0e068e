using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;
using PluginGateway.Host;

namespace PluginGateway.Testing;

/// <summary>
/// The complete gateway in this process, on a real socket, with a separate folder: the same code as the program's. It can be stopped and
/// restarted on the same state.
/// </summary>
internal sealed class GatewayApp : IAsyncDisposable
{
    public const string Key = "test-key";

    private static readonly TimeSpan LongestStop = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly List<string> _settings = [];
    private WebApplication? _app;
    private TimeProvider _clock = TimeProvider.System;
    private Action<IServiceCollection> _change = static _ => { };

    public GatewayApp(params string[] settings)
    {
        _settings.AddRange(
        [
            "--urls=http://127.0.0.1:0",
            $"--State:Path={_folder.At("state")}",
            $"--Plugins:Path={Plugins}",
            $"--Councils:Path={Councils}",
            $"--Councils:SecretsPath={Secrets}",
            $"--Email:PickupPath={Pickup}",
            "--Sending:Poll=00:00:00.1",
            // Tests that search set a shorter interval.
            "--Sending:IndexEvery=01:00:00",
            "--Updates:ServeAfter=00:00:00",
            "--Logging:LogLevel:Default=None",
            "--Admin:AllowHttp=true",
            .. TestLimits.High,
            .. settings,
        ]);
        Directory.CreateDirectory(Plugins);
    }

    public HttpClient Http { get; private set; } = new();

    public IServiceProvider Services => _app!.Services;

    public string Plugins => _folder.At("plugins");

    public string Councils => _folder.At("councils");

    public string Secrets => _folder.At("secrets");

    public string Pickup => _folder.At("pickup");

    public string State => _folder.At("state");

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>The common base address of Open311 v2.</summary>
    public string V2 => $"{Address.GetLeftPart(UriPartial.Authority)}/open311/v2";

    public GatewayApp Clock(TimeProvider clock)
    {
        _clock = clock;
        return this;
    }

    /// <summary>Replaces services.</summary>
    public GatewayApp Change(Action<IServiceCollection> change)
    {
        _change = change;
        return this;
    }

    public GatewayApp Council(string name, string json)
    {
        _folder.Write($"councils/{name}.json", json);
        return this;
    }

    public void RemoveCouncil(string name) => File.Delete(_folder.At("councils", name + ".json"));

    public void RenameCouncil(string name, string to) => File.Move(_folder.At("councils", name + ".json"), _folder.At("councils", to + ".json"));

    public GatewayApp Secret(string name, string value)
    {
        _folder.Write($"secrets/{name}", value);
        return this;
    }

    public async Task<GatewayApp> StartAsync()
    {
        _app = Gateway.Build(["--Startup:BackgroundDelay=00:00:00", .. TestStore.Settings(State), .. _settings], services =>
        {
            services.AddSingleton(_clock);
            _change(services);
        });
        await _app.StartAsync();
        Address = new Uri(_app.Urls.First());
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
        await Services.GetRequiredService<ApiKeys>().AddAsync("a test", Key, [], ApiKeys.Reports, ClientProfile.None, null, default);
        return this;
    }

    public async Task StopAsync()
    {
        if (_app is null)
            return;
        // With a fake clock, a hanging call would never time out.
        await _app.StopAsync().WaitAsync(LongestStop);
        await _app.DisposeAsync().AsTask().WaitAsync(LongestStop);
        Http.Dispose();
        _app = null;
    }

    /// <summary>Returns the council files with their errors.</summary>
    public IEnumerable<LoadedCouncilFile> Files() => Services.GetRequiredService<CouncilDirectory>().Current.Files.Values;

    /// <summary>Returns the contents of the mails in the pickup folder.</summary>
    public IReadOnlyList<string> Mails() =>
        Directory.Exists(Pickup) ? [.. Directory.GetFiles(Pickup, "*.eml").Order(StringComparer.Ordinal).Select(File.ReadAllText)] : [];

    public Task<IReadOnlyList<string>> MailsAsync(int count) =>
        Eventually.GetAsync(() => Mails() is { } mails && mails.Count >= count ? mails : null, $"{count} mails");

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public Task<T> ReadAsync<T>(string sql, object? parameters = null) =>
        Services.GetRequiredService<IDatabase>().ReadAsync(async db => (await db.ScalarAsync<T>(sql, parameters))!, default);

    public Task<List<T>> ListAsync<T>(string sql) => Services.GetRequiredService<IDatabase>().ReadAsync(db => db.ListAsync<T>(sql), default);

    /// <summary>Posts a report, adding the API key unless the fields contain one.</summary>
    public Task<HttpReply> PostAsync(string council, params (string Name, string Value)[] fields) => PostAsync("requests.xml", council, fields);

    public async Task<HttpReply> PostAsync(string resource, string council, params (string Name, string Value)[] fields)
    {
        var all = fields.Select(f => KeyValuePair.Create(f.Name, f.Value)).ToList();
        if (fields.All(f => f.Name != "api_key"))
            all.Add(KeyValuePair.Create("api_key", Key));
        all.Add(KeyValuePair.Create("jurisdiction_id", council));
        using var content = new FormUrlEncodedContent(all);
        using var response = await Http.PostAsync(new Uri($"{V2}/{resource}"), content);
        return await HttpReply.ReadAsync(response);
    }

    public async Task<HttpReply> GetAsync(string pathAndQuery)
    {
        using var response =
            await Http.GetAsync(new Uri($"{V2}/{pathAndQuery}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        return await HttpReply.ReadAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }
}

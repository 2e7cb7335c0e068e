using Microsoft.Extensions.Logging.Console;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Host.Commands;

/// <summary>The gateway's services without its web server, made when a command first needs them. Its log goes to stderr.</summary>
internal sealed class CommandHost(IReadOnlyList<string> settings) : IAsyncDisposable
{
    private WebApplication? _app;

    public T Get<T>()
        where T : notnull => (_app ??= Build()).Services.GetRequiredService<T>();

    /// <summary>The database, brought up to date.</summary>
    public async Task<T> WithDatabaseAsync<T>(CancellationToken ct)
        where T : notnull
    {
        await Get<IDatabase>().MigrateAsync(ct);
        await Get<DatabaseClock>().SetAsync(Get<IDatabase>(), ct);
        return Get<T>();
    }

    /// <summary>The plug-ins, loaded as the gateway loads them.</summary>
    public async Task LoadPluginsAsync(CancellationToken ct) => await Get<PluginLoading>().RunAsync(Get<IDatabase>().MigrateAsync(ct), ct);

    /// <summary>The councils, read as the gateway reads them.</summary>
    public async Task<CouncilSnapshot> CouncilsAsync(CancellationToken ct)
    {
        var directory = Get<CouncilDirectory>();
        if (directory.Current.Files.Count == 0)
        {
            await LoadPluginsAsync(ct);
            directory.Scan();
        }

        return directory.Current;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    private WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [.. settings], ContentRootPath = AppContext.BaseDirectory });
        // A command says what it did; the log of what it looked at on the way is only in the way.
        builder.Configuration.AddInMemoryCollection([new("Logging:LogLevel:Default", "Warning"), new("Logging:LogLevel:PluginGateway", "Warning")]);
        builder.Services.AddGateway();
        builder.Services.AddSingleton<IPluginVersionStore, ReadOnlyPluginVersionStore>();
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        return builder.Build();
    }
}

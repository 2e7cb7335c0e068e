using Microsoft.Extensions.Logging.Console;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Host.Commands;

/// <summary>The gateway's services without its web server. They are created when a command first needs them. The log is written to stderr.</summary>
internal sealed class CommandHost(IReadOnlyList<string> settings) : IAsyncDisposable
{
    private WebApplication? _app;

    public T Get<T>()
        where T : notnull => (_app ??= Build()).Services.GetRequiredService<T>();

    /// <summary>Migrates the database and returns a service that uses it.</summary>
    public async Task<T> WithDatabaseAsync<T>(CancellationToken ct)
        where T : notnull
    {
        await Get<IDatabase>().MigrateAsync(ct);
        await Get<DatabaseClock>().SetAsync(Get<IDatabase>(), ct);
        return Get<T>();
    }

    /// <summary>Loads the plug-ins in the same way as the gateway.</summary>
    public async Task LoadPluginsAsync(CancellationToken ct) => await Get<PluginLoading>().RunAsync(Get<IDatabase>().MigrateAsync(ct), ct);

    /// <summary>Returns the councils, read in the same way as by the gateway.</summary>
    public async Task<CouncilSnapshot> CouncilsAsync(CancellationToken ct)
    {
        var directory = Get<CouncilDirectory>();
        if (directory.Current.Files.Count == 0)
        {
            await LoadPluginsAsync(ct);
            await directory.ScanAsync(ct);
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
        // A command prints its result. Information messages in the log would distract from it.
        builder.Configuration.AddInMemoryCollection([new("Logging:LogLevel:Default", "Warning"), new("Logging:LogLevel:PluginGateway", "Warning")]);
        builder.Services.AddGateway();
        builder.Services.AddSingleton<IPluginVersionStore, ReadOnlyPluginVersionStore>();
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        return builder.Build();
    }
}

using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Loading;
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

    /// <summary>Loads one plug-in and checks the council files that use it. Problems other than a crash do not matter here.</summary>
    /// <param name="folder">The folder with its files.</param>
    /// <param name="trying">Called before its code runs.</param>
    /// <param name="ct">Cancels the reading of files.</param>
    public async Task TryPluginAsync(string folder, Action trying, CancellationToken ct)
    {
        var check = Get<CouncilCheck>();
        var councils = new List<Council>();
        foreach (var path in CouncilFolder.List(Get<IOptions<CouncilOptions>>().Value.FullPath).Paths ?? [])
            if (SpecialFile.KindOf(path) is null && await ReadAsync(path, ct) is { } content && CouncilFileReader.Read(content).Council is { } council)
                councils.Add(council);
        if (!PluginInspector.Inspect(folder).TryGet(out var manifest, out _))
            return;

        trying();
        if (Get<IPluginLoader>().Load(manifest, folder).Value is not { } loaded)
            return;
        using var generation = new PluginGeneration(1, manifest.AdapterName, loaded);
        foreach (var council in councils)
            foreach (var backEnd in council.BackEnds.Values.Where(b => b.Adapter == manifest.AdapterName))
                check.Run(council, backEnd, generation);
    }

    private static async Task<byte[]?> ReadAsync(string path, CancellationToken ct)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
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
        builder.Services.AddGateway(settings);
        builder.Services.AddSingleton<IPluginVersionStore, ReadOnlyPluginVersionStore>();
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        return builder.Build();
    }
}

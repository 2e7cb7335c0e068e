using Microsoft.Extensions.Logging.Console;
using PluginGateway.Host.Storage;

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
        return Get<T>();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    private WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [.. settings], ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddGateway();
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        return builder.Build();
    }
}

using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Plugins;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host;

/// <summary>Prepares the gateway before it listens: the database schema, the plug-ins, then the council files.</summary>
internal sealed class GatewayStartup(
    DatabaseStartup database, PluginLoading plugins, CouncilDirectory councils, SampleKeys samples, IPublicUrl self,
    IConfiguration configuration, TimeProvider time, ILogger<GatewayStartup> log)
    : IHostedLifecycleService
{
    public const string BackgroundDelay = "Startup:BackgroundDelay";

    private static readonly TimeSpan DefaultBackgroundDelay = TimeSpan.FromMilliseconds(250);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // The schema is migrated while the plug-ins are read.
        await plugins.RunAsync(WhenAvailableAsync(() => database.MigrateAsync(cancellationToken), cancellationToken), cancellationToken);
        await WhenAvailableAsync(() => database.CheckAsync(cancellationToken), cancellationToken);
        await WhenAvailableAsync(() => councils.ScanAsync(cancellationToken), cancellationToken);
        await WhenAvailableAsync(() => plugins.StartedAsync(cancellationToken), cancellationToken);
        await WhenAvailableAsync(() => samples.EnsureAsync(cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Delays the background work of the other hosted services. This is the first hosted service, and the host continues with the others only
    /// when it completes. The short delay leaves the processors to the first calls, which clients have been repeating while the gateway was down.
    /// </summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        log.Started(self.Url, councils.Current.Councils.Count);
        if (configuration.GetValue(BackgroundDelay, DefaultBackgroundDelay) is var delay && delay > TimeSpan.Zero)
            // Stopping the gateway during the delay is not an error.
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs an action that needs the database, and retries it until the database is available.</summary>
    private Task WhenAvailableAsync(Func<Task> start, CancellationToken ct) =>
        Task.Run(() => StartupUnavailableServer.UntilAsync(start, configuration, time, log, ct), ct);
}

internal static partial class GatewayLog
{
    [LoggerMessage(100, LogLevel.Information, "The gateway listens on {Url} for {Count} councils. Discovery: {Url}/open311/discovery.xml")]
    public static partial void Started(this ILogger log, string url, int count);
}

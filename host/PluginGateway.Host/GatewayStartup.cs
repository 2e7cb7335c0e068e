using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Storage;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host;

/// <summary>What must be done before the gateway listens: the schema, the plug-ins, the council files. In this order.</summary>
internal sealed class GatewayStartup(
    IDatabase database, DatabaseClock clock, PluginLoading plugins, CouncilDirectory councils, SampleKeys samples, IPublicUrl self,
    IConfiguration configuration, TimeProvider time, ILogger<GatewayStartup> log)
    : IHostedLifecycleService
{
    public const string BackgroundDelay = "Startup:BackgroundDelay";

    private static readonly TimeSpan DefaultBackgroundDelay = TimeSpan.FromMilliseconds(250);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // Beside each other: the schema is brought up to date while the plug-ins are read.
        await plugins.RunAsync(WhenThereAsync(() => database.MigrateAsync(cancellationToken), cancellationToken), cancellationToken);
        await WhenThereAsync(() => clock.SetAsync(database, cancellationToken), cancellationToken);
        councils.Scan();
        await WhenThereAsync(() => samples.EnsureAsync(cancellationToken), cancellationToken);
    }

    /// <summary>
    /// This is the first hosted service, and the host starts the background work of the others only when this is done. The short wait leaves the
    /// processors to the first calls, which clients have been repeating while the gateway was down.
    /// </summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        log.Started(self.Url, councils.Current.Councils.Count);
        if (configuration.GetValue(BackgroundDelay, DefaultBackgroundDelay) is var delay && delay > TimeSpan.Zero)
            // A gateway that is stopped meanwhile stops in order, as at any other time.
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Does what needs the database, as soon as that is there.</summary>
    private Task WhenThereAsync(Func<Task> start, CancellationToken ct) =>
        Task.Run(() => StartupUnavailableServer.UntilAsync(start, configuration, time, log, ct), ct);
}

internal static partial class GatewayLog
{
    [LoggerMessage(100, LogLevel.Information, "The gateway listens at {Url}, for {Count} councils. Discovery: {Url}/open311/discovery.xml")]
    public static partial void Started(this ILogger log, string url, int count);
}

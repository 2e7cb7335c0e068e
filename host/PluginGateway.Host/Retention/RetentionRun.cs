using Microsoft.Extensions.Options;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Retention;

/// <summary>Clears away what has been kept long enough, or says what would be.</summary>
internal sealed class RetentionRun(IEnumerable<ISweep> sweeps, IOptions<RetentionOptions> options, TimeProvider time)
{
    /// <returns>How much of each kind.</returns>
    public async Task<IReadOnlyList<(string What, long Count, TimeSpan? Kept)>> RunAsync(bool remove, CancellationToken ct)
    {
        var counts = new List<(string, long, TimeSpan?)>();
        foreach (var sweep in sweeps)
        {
            var kept = sweep.Keeps(options.Value);
            counts.Add((sweep.Name, kept is { } span ? await sweep.RunAsync(time.NowMs() - span.Ms(), remove, ct) : 0, kept));
        }

        return counts;
    }
}

/// <summary>Once a night, on one of the hosts.</summary>
internal sealed class RetentionJob(RetentionRun run, Duties duties, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionJob> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                var next = new DateTimeOffset(now.Date + options.Value.At.ToTimeSpan(), TimeSpan.Zero);
                await Task.Delay((next > now ? next : next.AddDays(1)) - now, time, stoppingToken);
                if (await duties.HasAsync("retention", stoppingToken))
                    log.Cleared(string.Join(", ", (await run.RunAsync(remove: true, stoppingToken)).Where(c => c.Count > 0).Select(c => $"{c.Count} {c.What}")) is { Length: > 0 } what ? what : "nothing");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // What could not be cleared tonight is cleared tomorrow.
            catch (Exception e)
            {
                log.ClearingFailed(e);
            }
#pragma warning restore CA1031
        }
    }
}

internal static partial class RetentionLog
{
    [LoggerMessage(1500, LogLevel.Information, "Cleared, because it was kept long enough: {What}.")]
    public static partial void Cleared(this ILogger log, string what);

    [LoggerMessage(1501, LogLevel.Error, "Clearing away was not finished; it goes on tomorrow.")]
    public static partial void ClearingFailed(this ILogger log, Exception e);
}

internal static class RetentionServices
{
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<RetentionOptions, RetentionOptionsValidator>().BindConfiguration(RetentionOptions.Section);
        // Reports first: what belongs to them goes with them.
        services.AddSingleton<ISweep, ReportSweep>();
        services.AddSingleton<ISweep, ClientUpdateSweep>();
        services.AddSingleton<ISweep, FollowUpSweep>();
        services.AddSingleton<ISweep, AttachmentSweep>();
        services.AddSingleton<ISweep, NewsSweep>();
        services.AddSingleton<ISweep, DocumentSweep>();
        services.AddSingleton<ISweep, AttemptSweep>();
        services.AddSingleton<ISweep, ReferenceSweep>();
        services.AddSingleton<RetentionRun>();
        services.AddHostedService<RetentionJob>();
        return services;
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Updates.Collecting;

/// <summary>Has the news of every back end collected in its turn, each for itself: one that hangs delays no other.</summary>
internal sealed class Collector(
    CouncilDirectory councils, CollectionRun run, DocumentStore documents, DocumentQueue queue, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, TimeProvider time, ILogger<Collector> log)
    : PeriodicWork(time, log)
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TidyEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private DateTimeOffset _tidiedAt = DateTimeOffset.MinValue;

    protected override string Purpose => "Collecting updates";

    protected override TimeSpan Every => DefaultInterval < options.Value.Every ? DefaultInterval : options.Value.Every;

    protected override bool RunsAtOnce => true;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (Time.GetUtcNow() - _tidiedAt >= TidyEvery)
        {
            await queue.FreeAsync(stoppingToken);
            await documents.RemoveAbandonedAsync(stoppingToken);
            _tidiedAt = Time.GetUtcNow();
        }

        var waiting = (await queue.WaitingAsync(stoppingToken)).ToHashSet();
        foreach (var backEnd in councils.Current.Councils.SelectMany(c => c.BackEnds.Values))
        {
            if (_running.TryGetValue(backEnd.Key, out var running) && !running.IsCompleted)
                continue;
            if (backEnd.Folder is not null || waiting.Contains((backEnd.Council, backEnd.Name)) || adapters.Has<IUpdateSource>(backEnd))
                _running[backEnd.Key] = Task.Run(() => CollectAsync(backEnd, stoppingToken), CancellationToken.None);
        }
    }

    private async Task CollectAsync(BackEnd backEnd, CancellationToken ct)
    {
        try
        {
            await run.RunAsync(backEnd, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The gateway stops.
        }
#pragma warning disable CA1031 // One turn of the loop: the next one comes, and the other back ends have theirs.
        catch (Exception e)
        {
            log.CollectingFailed(backEnd.Key, e);
        }
#pragma warning restore CA1031
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Updates.Collecting;

/// <summary>Runs the collections from all back ends. Each runs in a separate task, so that a back end that hangs delays no other.</summary>
internal sealed class Collector(
    CouncilDirectory councils, CollectionRun run, DocumentStore documents, DocumentQueue queue, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, TimeProvider time, ILogger<Collector> log)
    : PeriodicWork(time, log)
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleanUpEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private DateTimeOffset _cleanedUpAt = DateTimeOffset.MinValue;

    protected override string Purpose => "Collecting updates";

    protected override TimeSpan Every => DefaultInterval < options.Value.Every ? DefaultInterval : options.Value.Every;

    protected override bool RunsImmediately => true;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (Time.GetUtcNow() - _cleanedUpAt >= CleanUpEvery)
        {
            await queue.ReleaseAsync(stoppingToken);
            await documents.RemoveAbandonedAsync(stoppingToken);
            _cleanedUpAt = Time.GetUtcNow();
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
            // The gateway is stopping.
        }
#pragma warning disable CA1031 // A failed collection must stop neither later ones nor those of other back ends.
        catch (Exception e)
        {
            log.CollectingFailed(backEnd.Key, e);
        }
#pragma warning restore CA1031
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Updates.Documents;

namespace PluginGateway.Host.Updates.Collecting;

/// <summary>Has the news of every back end collected in its turn, each for itself: one that hangs delays no other.</summary>
internal sealed class Collector(
    CouncilDirectory councils, CollectionRun run, DocumentStore documents, DocumentQueue queue, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, TimeProvider time, ILogger<Collector> log)
    : PeriodicWork
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tidy = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var tidy = DateTimeOffset.MinValue;
        using var timer = new PeriodicTimer(Look < options.Value.Every ? Look : options.Value.Every, time);
        do
        {
            try
            {
                if (time.GetUtcNow() - tidy >= Tidy)
                {
                    await queue.FreeAsync(stoppingToken);
                    await documents.RemoveAbandonedAsync(stoppingToken);
                    tidy = time.GetUtcNow();
                }

                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The collector's loop: it goes on when the database comes back.
            catch (Exception e)
            {
                log.CollectorFailed(e);
            }
#pragma warning restore CA1031
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken ct)
    {
        var waiting = (await queue.WaitingAsync(ct)).ToHashSet();
        foreach (var backEnd in councils.Current.Councils.SelectMany(c => c.BackEnds.Values))
        {
            if (_running.TryGetValue(backEnd.Key, out var running) && !running.IsCompleted)
                continue;
            if (backEnd.Folder is not null || waiting.Contains((backEnd.Council, backEnd.Name)) || adapters.Has<IUpdateSource>(backEnd))
                _running[backEnd.Key] = Task.Run(() => RunAsync(backEnd, ct), CancellationToken.None);
        }
    }

    private async Task RunAsync(BackEnd backEnd, CancellationToken ct)
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
            log.CollectorFailed(e);
        }
#pragma warning restore CA1031
    }
}

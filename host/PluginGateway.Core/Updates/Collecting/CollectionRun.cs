using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Updates.Collecting;

/// <summary>
/// One turn of a back end: takes the files of its watched folder, asks its adapter for news if that is due, and has documents read, whoever
/// brought them.
/// </summary>
internal sealed class CollectionRun(
    CollectionStore collections, CouncilUpdateStore updates, DocumentStore documents, DocumentReader reading, WatchedFolders folders, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, TimeProvider time, ILogger<CollectionRun> log)
{
    private static readonly Reporter Nobody = new();

    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    public async Task RunAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (!_seen.ContainsKey(backEnd.Key))
        {
            await updates.RecordFirstPollAsync(backEnd, ct);
            _seen[backEnd.Key] = true;
        }

        await folders.TakeAsync(backEnd, ct);
        var turn = adapters.Has<IUpdateSource>(backEnd) ? await collections.TakeAsync(backEnd, ct) : null;
        if (turn is not null)
            await CollectAsync(backEnd, turn, ct);
        if (await reading.ReadWaitingAsync(backEnd, ct) || turn is not null)
            await updates.ResolveAsync(backEnd, ct);
    }

    private async Task CollectAsync(BackEnd backEnd, CollectionRow turn, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var from = new UpdateWindow
        {
            Start = turn.Collected == 0 ? now - options.Value.FirstWindow : UnixTime.At(turn.Collected) - options.Value.Overlap,
            End = now,
            Cursor = turn.Value,
            Documents = documents.For(backEnd),
        };
        var outcome =
            await adapters.CallAsync<IUpdateSource, UpdateBatch>(backEnd, options.Value.Within, (a, token) => a.CollectAsync(from, token), late: null, ct);
        if (outcome is AdapterOutcome<UpdateBatch>.Answered { Value: var collected })
        {
            var news = collected.Updates.Select(u => Read(backEnd, u, now)).OfType<CouncilUpdate>().ToList();
            if (news.Count > 0)
                await updates.AddAsync(backEnd, news, baseline: turn.Collected == 0, documentId: 0, again: false, ct);
            await collections.CollectedAsync(backEnd, collected.Cursor, now, ct);
            if (turn.FailingSince > 0)
                log.CollectingResumed(backEnd.Key);
            return;
        }

        var cause = outcome switch
        {
            AdapterOutcome<UpdateBatch>.Failed { Failure: var failure } => Redaction.Clean($"{failure.Message} {failure.Detail}".TrimEnd(), Nobody),
            AdapterOutcome<UpdateBatch>.Unavailable away => away.Message,
            _ => "no answer",
        };
        if (ct.IsCancellationRequested)
            return;
        await collections.FailedAsync(backEnd, cause, ct);
        // Once for each trouble, not every five minutes.
        if (turn.Cause != cause)
            log.NotCollected(backEnd.Key, cause);
    }

    private CouncilUpdate? Read(BackEnd backEnd, CouncilUpdate update, DateTimeOffset now)
    {
        var (news, problem) = CouncilUpdateValidator.Read(update, now);
        if (problem is not null)
            log.UpdateProblem(backEnd.Key, problem);
        return news;
    }
}

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
/// Runs one collection from a back end: stores the files of its watched folder, collects updates from its adapter if that is due, and reads waiting
/// documents from all sources.
/// </summary>
internal sealed class CollectionRun(
    CollectionStore collections, CouncilUpdateStore updates, DocumentStore documents, DocumentReader reader, WatchedFolders folders, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, TimeProvider time, ILogger<CollectionRun> log)
{
    private static readonly Reporter Nobody = new();

    /// <summary>The back ends whose first poll is recorded.</summary>
    private readonly ConcurrentDictionary<string, bool> _recorded = new(StringComparer.Ordinal);

    public async Task RunAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (!_recorded.ContainsKey(backEnd.Key))
        {
            await updates.RecordFirstPollAsync(backEnd, ct);
            _recorded[backEnd.Key] = true;
        }

        await folders.StoreAsync(backEnd, ct);
        var collection = adapters.Has<IUpdateSource>(backEnd) ? await collections.ClaimAsync(backEnd, ct) : null;
        if (collection is not null)
            await CollectAsync(backEnd, collection, ct);
        if (await reader.ReadWaitingAsync(backEnd, ct) || collection is not null)
            await updates.ResolveAsync(backEnd, ct);
    }

    private async Task CollectAsync(BackEnd backEnd, CollectionRow collection, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var window = new UpdateWindow
        {
            Start = collection.Collected == 0 ? now - options.Value.FirstWindow : UnixTime.At(collection.Collected) - options.Value.Overlap,
            End = now,
            Cursor = collection.Value,
            Documents = documents.For(backEnd),
        };
        var outcome =
            await adapters.CallAsync<IUpdateSource, UpdateBatch>(backEnd, options.Value.Within, (a, token) => a.CollectAsync(window, token), late: null, ct);
        if (outcome is AdapterOutcome<UpdateBatch>.Answered { Value: var batch })
        {
            var valid = batch.Updates.Select(u => Read(backEnd, u, now)).OfType<CouncilUpdate>().ToList();
            if (valid.Count > 0)
                await updates.AddAsync(backEnd, valid, baseline: collection.Collected == 0, documentId: 0, again: false, ct);
            await collections.CollectedAsync(backEnd, batch.Cursor, now, ct);
            if (collection.FailingSince > 0)
                log.CollectingResumed(backEnd.Key);
            return;
        }

        var cause = outcome switch
        {
            AdapterOutcome<UpdateBatch>.Failed { Failure: var failure } => Redaction.Clean($"{failure.Message} {failure.Detail}".TrimEnd(), Nobody),
            AdapterOutcome<UpdateBatch>.Unavailable unavailable => unavailable.Message,
            _ => "The adapter returned no answer.",
        };
        if (ct.IsCancellationRequested)
            return;
        await collections.FailedAsync(backEnd, cause, ct);
        // Each problem is logged once, not with every collection.
        if (collection.Cause != cause)
            log.NotCollected(backEnd.Key, cause);
    }

    private CouncilUpdate? Read(BackEnd backEnd, CouncilUpdate update, DateTimeOffset now)
    {
        var (valid, problem) = CouncilUpdateValidator.Validate(update, now);
        if (problem is not null)
            log.UpdateProblem(backEnd.Key, problem);
        return valid;
    }
}

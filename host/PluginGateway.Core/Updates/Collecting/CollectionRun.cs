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
    /// <summary>How long a window with updates that could not be used is collected again, because they may be corrected.</summary>
    private static readonly TimeSpan AskAgainFor = TimeSpan.FromDays(1);

    private static readonly Reporter Nobody = new();

    private readonly NewProblems _problems = new();

    /// <summary>The start of the first window with updates that could not be used, by back end.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> _askAgain = new(StringComparer.Ordinal);

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
            Start = StartOf(backEnd, collection, now),
            End = now,
            Cursor = collection.Value,
            Documents = documents.For(backEnd),
        };
        var outcome =
            await adapters.CallAsync<IUpdateSource, UpdateBatch>(backEnd, options.Value.Within, (a, token) => a.CollectAsync(window, token), late: null, ct);
        if (outcome is AdapterOutcome<UpdateBatch>.Answered { Value: var batch })
        {
            var valid = ReadUpdates(backEnd, batch, window);
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

    private DateTimeOffset StartOf(BackEnd backEnd, CollectionRow collection, DateTimeOffset now)
    {
        var start = collection.Collected == 0 ? now - options.Value.FirstWindow : UnixTime.At(collection.Collected) - options.Value.Overlap;
        return _askAgain.TryGetValue(backEnd.Key, out var again) && again < start && again > start - AskAgainFor ? again : start;
    }

    /// <summary>Returns the valid updates. The others are counted and logged, once while they last, and collected again.</summary>
    private List<CouncilUpdate> ReadUpdates(BackEnd backEnd, UpdateBatch batch, UpdateWindow window)
    {
        var (valid, problems) = (new List<CouncilUpdate>(), batch.Problems.ToList());
        foreach (var update in batch.Updates)
        {
            var (read, problem) = CouncilUpdateValidator.Validate(update, window.End, backEnd.IdPattern);
            if (problem is not null)
                problems.Add(problem);
            if (read is not null)
                valid.Add(read);
        }

        foreach (var (problem, count) in _problems.Find(backEnd.Key, problems))
            log.UpdateProblem(backEnd.Key, count, problem);
        if (problems.Count > 0)
            _askAgain[backEnd.Key] = window.Start;
        else
            _askAgain.TryRemove(backEnd.Key, out _);
        return valid;
    }
}

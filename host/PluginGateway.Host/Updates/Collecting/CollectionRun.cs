using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Storage;
using PluginGateway.Host.Updates.Documents;

namespace PluginGateway.Host.Updates.Collecting;

/// <summary>
/// One turn of a back end: takes the files of its watched folder, asks its adapter for news if that is due, and has documents read, whoever
/// brought them.
/// </summary>
internal sealed class CollectionRun(
    CollectionStore collections, CouncilUpdateStore updates, DocumentStore documents, DocumentReading reading, WatchedFolders folders, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, TimeProvider time, ILogger<CollectionRun> log)
{
    public async Task RunAsync(BackEnd backEnd, CancellationToken ct)
    {
        await folders.TakeAsync(backEnd, ct);
        if (adapters.Has<IUpdateSource>(backEnd) && await collections.TakeAsync(backEnd, ct) is { } turn)
            await CollectAsync(backEnd, turn, ct);
        await reading.ReadWaitingAsync(backEnd, ct);
    }

    private async Task CollectAsync(BackEnd backEnd, CollectionRow turn, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var from = new Collection
        {
            Start = turn.Collected == 0 ? now - options.Value.FirstWindow : UnixTime.At(turn.Collected) - options.Value.Overlap,
            End = now,
            Cursor = turn.Cursor,
            KeepAsync = (name, content, token) => documents.KeepAsync(backEnd, name, content, token),
        };
        var outcome = await adapters.CallAsync<IUpdateSource, Collected>(backEnd, options.Value.Within, (a, token) => a.CollectAsync(from, token), late: null, ct);
        if (outcome is AdapterOutcome<Collected>.Answered { Value: var collected })
        {
            var news = collected.Updates.Where(u => IsNews(backEnd, u)).ToList();
            if (news.Count > 0)
                await updates.AddAsync(backEnd, news, baseline: turn.Collected == 0, documentId: 0, again: false, ct);
            await updates.ResolveAsync(backEnd, ct);
            await collections.CollectedAsync(backEnd, collected.Cursor, now, ct);
            if (turn.FailingSince > 0)
                log.CollectedAgain(backEnd.Key);
            return;
        }

        var cause = outcome switch
        {
            AdapterOutcome<Collected>.Failed { Failure: var failure } => $"{failure.Message} {failure.Detail}".TrimEnd(),
            AdapterOutcome<Collected>.Away away => away.Message,
            _ => "no answer",
        };
        if (ct.IsCancellationRequested)
            return;
        await collections.FailedAsync(backEnd, cause, ct);
        // Once for each trouble, not every five minutes.
        if (turn.Cause != cause)
            log.NotCollected(backEnd.Key, cause);
    }

    private bool IsNews(BackEnd backEnd, CouncilUpdate update)
    {
        if (NewsCheck.WhyNot(update) is not { } problem)
            return true;
        log.NewsNotTaken(backEnd.Key, problem);
        return false;
    }
}

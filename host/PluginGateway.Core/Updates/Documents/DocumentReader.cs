using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>
/// Has documents read by their adapters and stores what is in them, batch by batch, as the rows come. A reading that is cut off begins again
/// and finds what it stored; a row that cannot be used is kept with its reason and keeps no other from being used.
/// </summary>
internal sealed class DocumentReader(
    CouncilDirectory councils, DocumentStore documents, DocumentQueue queue, CouncilUpdateStore updates, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, ILogger<DocumentReader> log)
{
    private const int Batch = 500;
    private const int MaxProblems = 1_000;

    private static readonly Reporter Nobody = new();

    /// <summary>Reads what waits of a back end, in the order it came.</summary>
    /// <returns>Whether there was any.</returns>
    public async Task<bool> ReadWaitingAsync(BackEnd backEnd, CancellationToken ct)
    {
        var any = false;
        // By the rules that are live when it is read, not when this turn began.
        while (!ct.IsCancellationRequested && await queue.TakeAsync(backEnd, ct) is { } document)
        {
            any = true;
            if (!await ReadAsync(councils.Current.FindBackEnd(backEnd.Council, backEnd.Name) ?? backEnd, document, ct))
                break;
        }

        return any;
    }

    private async Task<bool> ReadAsync(BackEnd backEnd, DocumentRow document, CancellationToken ct)
    {
        var outcome = await adapters.CallAsync<IDocumentReader, ReadCounts>(
            backEnd, options.Value.Within, (reader, token) => StoreAsync(backEnd, document, reader, token), late: null, ct);
        switch (outcome)
        {
            case AdapterOutcome<ReadCounts>.Answered { Value: var counts }:
                await queue.ReadAsync(document, counts, CancellationToken.None);
                log.DocumentRead(document.Id, document.Name, backEnd.Key, counts.Valid, counts.Inserted);
                if (counts.Invalid > 0)
                    log.RowsNotUsed(document.Id, document.Name, backEnd.Key, counts.Invalid);
                return true;
            case AdapterOutcome<ReadCounts>.Failed { Failure: var failure }:
                return await FailAsync(
                    backEnd, document, failure.Kind is FailureKind.Rejected ? DocumentFailure.Permanent : DocumentFailure.Counted,
                    Redaction.Clean($"{failure.Message} {failure.Detail}".TrimEnd(), Nobody), ct);
            case AdapterOutcome<ReadCounts>.Unavailable away:
                return await FailAsync(
                    backEnd, document, away.Reason == UnavailableReason.NotSupported ? DocumentFailure.Permanent : DocumentFailure.NotCounted, away.Message,
                    ct);
            default:
                return false;
        }
    }

    /// <returns>Whether the next document can be read.</returns>
    private async Task<bool> FailAsync(BackEnd backEnd, DocumentRow document, DocumentFailure failure, string cause, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
            return false;
        var ended = await queue.FailAsync(document, failure, cause, ct);
        // Once for each trouble: a plug-in may be away all weekend.
        if (document.Cause != cause)
            log.DocumentNotRead(document.Id, document.Name, backEnd.Key, cause);
        return ended;
    }

    /// <summary>Runs inside the call, and so under the lease on the plug-in: what it reads is the plug-in's own lazy sequence.</summary>
    private async Task<ReadCounts> StoreAsync(BackEnd backEnd, DocumentRow document, IDocumentReader reader, CancellationToken ct)
    {
        await queue.BeginAsync(document, ct);
        var (good, fresh, bad, noted) = (0L, 0L, 0L, 0);
        var news = new List<CouncilUpdate>(Batch);
        var problems = new List<(int, int, string)>();
        await foreach (var entry in reader.ReadAsync(documents.ToDocument(document), ct))
        {
            var (update, problem) = entry switch
            {
                { Problem: { } said } => (null, said),
                { Update: { } told } => CouncilUpdateValidator.Read(told, UnixTime.At(document.Received)),
                _ => (null, "reports that were born at the council are not taken over"),
            };
            if (update is not null)
            {
                good++;
                news.Add(update);
            }
            else
            {
                bad++;
            }

            if (problem is not null && ++noted <= MaxProblems)
                problems.Add((noted, entry.Row, problem));

            if (news.Count == Batch)
                fresh += await StoreAsync(backEnd, document, news, ct);
            if (problems.Count == Batch)
                await StoreAsync(document, problems, ct);
        }

        fresh += await StoreAsync(backEnd, document, news, ct);
        await StoreAsync(document, problems, ct);
        return new ReadCounts(good, fresh, bad);
    }

    private async Task<int> StoreAsync(BackEnd backEnd, DocumentRow document, List<CouncilUpdate> news, CancellationToken ct)
    {
        var fresh = news.Count == 0 ? 0 : await updates.AddAsync(backEnd, news, document.Baseline, document.Id, document.Again, ct);
        news.Clear();
        return fresh;
    }

    private async Task StoreAsync(DocumentRow document, List<(int, int, string)> problems, CancellationToken ct)
    {
        if (problems.Count > 0)
            await queue.AddProblemsAsync(document, problems, ct);
        problems.Clear();
    }
}

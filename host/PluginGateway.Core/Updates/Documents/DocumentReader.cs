using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>
/// Reads documents through their adapters and stores their updates batch by batch. An interrupted read starts again and recognises the updates that are
/// already stored. A row that cannot be used is stored with the reason and does not affect other rows.
/// </summary>
internal sealed class DocumentReader(
    CouncilDirectory councils, DocumentStore documents, DocumentQueue queue, CouncilUpdateStore updates, AdapterCaller adapters,
    IOptions<UpdatesOptions> options, ILogger<DocumentReader> log)
{
    private const int Batch = 500;
    private const int MaxProblems = 1_000;

    private static readonly Reporter Nobody = new();

    /// <summary>Reads the waiting documents of a back end in the order of arrival.</summary>
    /// <returns>Whether there was any document.</returns>
    public async Task<bool> ReadWaitingAsync(BackEnd backEnd, CancellationToken ct)
    {
        var any = false;
        // The council's current rules apply, not those at the start of this run.
        while (!ct.IsCancellationRequested && await queue.ClaimAsync(backEnd, ct) is { } document)
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
                if (counts.IsHeld)
                {
                    await queue.HoldAsync(document, counts.Valid, CancellationToken.None);
                    log.DocumentHeld(document.Id, document.Name, backEnd.Key, counts.Valid);
                    return true;
                }

                await queue.ReadAsync(document, counts, CancellationToken.None);
                log.DocumentRead(document.Id, document.Name, backEnd.Key, counts.Valid, counts.Inserted);
                if (counts.Invalid > 0)
                    log.RowsNotUsed(document.Id, document.Name, backEnd.Key, counts.Invalid);
                return true;
            case AdapterOutcome<ReadCounts>.Failed { Failure: var failure }:
                return await FailAsync(
                    backEnd, document, failure.Kind is FailureKind.Rejected ? DocumentFailure.Permanent : DocumentFailure.Counted,
                    Redaction.Clean($"{failure.Message} {failure.Detail}".TrimEnd(), Nobody), ct);
            case AdapterOutcome<ReadCounts>.Unavailable unavailable:
                return await FailAsync(
                    backEnd, document, unavailable.Reason == UnavailableReason.NotSupported ? DocumentFailure.Permanent : DocumentFailure.NotCounted,
                    unavailable.Message, ct);
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
        // Each problem is logged once, because a plug-in may be unavailable for days.
        if (document.Cause != cause)
            log.DocumentNotRead(document.Id, document.Name, backEnd.Key, cause);
        return ended;
    }

    /// <summary>
    /// Stores the entries of a document. This runs inside the adapter call, under the lease on the plug-in, because the plug-in returns a lazy sequence.
    /// </summary>
    private async Task<ReadCounts> StoreAsync(BackEnd backEnd, DocumentRow document, IDocumentReader reader, CancellationToken ct)
    {
        if (document is { Again: false, Decision: DocumentDecision.None } && await CountEntirelyNewAsync(backEnd, document, reader, ct) is > 0 and var rows)
            return new ReadCounts(rows, 0, 0) { IsHeld = true };

        await queue.BeginAsync(document, ct);
        var (valid, inserted, invalid, problemCount) = (0L, 0L, 0L, 0);
        var batch = new List<CouncilUpdate>(Batch);
        var problems = new List<(int, int, string)>();
        await foreach (var entry in reader.ReadAsync(documents.ToDocument(document), ct))
        {
            var (update, problem) = entry switch
            {
                { Update: { } read } => Validate(backEnd, read, UnixTime.At(document.Received), entry.Problem),
                { Problem: { } text } => (null, text),
                _ => (null, "reports that originate at the council are not supported"),
            };
            if (update is not null)
            {
                valid++;
                batch.Add(update);
            }
            else
            {
                invalid++;
            }

            if (problem is not null && ++problemCount <= MaxProblems)
                problems.Add((problemCount, entry.Row, problem));

            if (batch.Count == Batch)
                inserted += await StoreAsync(backEnd, document, batch, ct);
            if (problems.Count == Batch)
                await StoreAsync(document, problems, ct);
        }

        inserted += await StoreAsync(backEnd, document, batch, ct);
        await StoreAsync(document, problems, ct);
        return new ReadCounts(valid, inserted, invalid);
    }

    private static (CouncilUpdate? Update, string? Problem) Validate(BackEnd backEnd, CouncilUpdate update, DateTimeOffset received, string? problem)
    {
        var (valid, found) = CouncilUpdateValidator.Validate(update, received, backEnd.IdPattern);
        return (valid, found ?? problem);
    }

    /// <summary>
    /// Returns the number of rows of a document if none of them is known by its id, but most describe known events: same case, same time. The format of the
    /// file has changed then (a new column, another encoding), and its whole history would be passed on again. Otherwise returns 0, for most documents
    /// after the first batch.
    /// </summary>
    private async Task<long> CountEntirelyNewAsync(BackEnd backEnd, DocumentRow document, IDocumentReader reader, CancellationToken ct)
    {
        var (rows, same) = (0L, 0L);
        var batch = new List<CouncilUpdate>(Batch);
        await foreach (var entry in reader.ReadAsync(documents.ToDocument(document), ct))
        {
            if (entry.Update is { } read && CouncilUpdateValidator.Validate(read, UnixTime.At(document.Received), backEnd.IdPattern).News is { } update)
                batch.Add(update);
            if (batch.Count == Batch && !await CountAsync())
                return 0;
        }

        return await CountAsync() && rows > 0 && 2 * same >= rows ? rows : 0;

        async Task<bool> CountAsync()
        {
            var (known, events) = await updates.FindKnownAsync(backEnd, batch, ct);
            (rows, same) = (rows + batch.Count, same + events.Count);
            batch.Clear();
            return known == 0;
        }
    }

    private async Task<int> StoreAsync(BackEnd backEnd, DocumentRow document, List<CouncilUpdate> batch, CancellationToken ct)
    {
        if (document.Decision == DocumentDecision.Known && batch.Count > 0)
        {
            var known = (await updates.FindKnownAsync(backEnd, batch, ct)).Events;
            await updates.AddKnownAsync(backEnd, [.. known], document.Id, ct);
            batch.RemoveAll(known.Contains);
        }

        var inserted = batch.Count == 0 ? 0 : await updates.AddAsync(backEnd, batch, document.Baseline, document.Id, document.Again, ct);
        batch.Clear();
        return inserted;
    }

    private async Task StoreAsync(DocumentRow document, List<(int, int, string)> problems, CancellationToken ct)
    {
        if (problems.Count > 0)
            await queue.AddProblemsAsync(document, problems, ct);
        problems.Clear();
    }
}

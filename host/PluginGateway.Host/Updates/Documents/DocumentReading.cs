using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;

namespace PluginGateway.Host.Updates.Documents;

/// <summary>
/// Has documents read by their adapters and stores what is in them, batch by batch, as the rows come. A reading that is cut off begins again
/// and finds what it stored; a row that cannot be used is kept with its reason and keeps no other from being used.
/// </summary>
internal sealed class DocumentReading(
    CouncilDirectory councils, DocumentStore documents, DocumentQueue queue, CouncilUpdateStore updates, AdapterCaller adapters, IOptions<UpdatesOptions> options, ILogger<DocumentReading> log)
{
    private const int Batch = 500;
    private const int MostProblemsKept = 1_000;
    /// <summary>Reads what waits of a back end, in the order it came.</summary>
    public async Task ReadWaitingAsync(BackEnd backEnd, CancellationToken ct)
    {
        // By the rules that are live when it is read, not when this turn began.
        while (!ct.IsCancellationRequested && await queue.TakeAsync(backEnd, ct) is { } document)
            if (!await ReadAsync(councils.Current.FindBackEnd(backEnd.Council, backEnd.Name) ?? backEnd, document, ct))
                return;
    }

    private async Task<bool> ReadAsync(BackEnd backEnd, DocumentRow document, CancellationToken ct)
    {
        var outcome = await adapters.CallAsync<IDocumentReader, ReadCounts>(
            backEnd, options.Value.Within, (reader, token) => StoreAsync(backEnd, document, reader, token), late: null, ct);
        switch (outcome)
        {
            case AdapterOutcome<ReadCounts>.Answered { Value: var counts }:
                await queue.ReadAsync(document, counts, ct);
                log.DocumentRead(document.Id, document.Name, backEnd.Key, counts.Good, counts.Fresh);
                if (counts.Bad > 0)
                    log.RowsNotUsed(document.Id, document.Name, backEnd.Key, counts.Bad);
                return true;
            case AdapterOutcome<ReadCounts>.Failed { Failure: var failure }:
                return await FailAsync(backEnd, document, failure.Kind is FailureKind.Rejected, $"{failure.Message} {failure.Detail}".TrimEnd(), ct);
            case AdapterOutcome<ReadCounts>.Away away:
                return await FailAsync(backEnd, document, away.Reason == AwayReason.NotSupported, away.Message, ct);
            default:
                return false;
        }
    }

    /// <returns>Whether the next document can be read.</returns>
    private async Task<bool> FailAsync(BackEnd backEnd, DocumentRow document, bool forGood, string cause, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
            return false;
        await queue.FailAsync(document, forGood, cause, ct);
        log.DocumentNotRead(document.Id, document.Name, backEnd.Key, cause);
        return forGood;
    }

    /// <summary>Runs inside the call, and so under the lease on the plug-in: what it reads is the plug-in's own lazy sequence.</summary>
    private async Task<ReadCounts> StoreAsync(BackEnd backEnd, DocumentRow document, IDocumentReader reader, CancellationToken ct)
    {
        await queue.BeginAsync(document, ct);
        var (good, fresh, bad) = (0L, 0L, 0L);
        var news = new List<CouncilUpdate>(Batch);
        var problems = new List<(int, int, string)>();
        await foreach (var entry in reader.ReadAsync(documents.ToDocument(document), ct))
        {
            if (WhyNot(entry) is { } problem)
            {
                if (++bad <= MostProblemsKept)
                    problems.Add(((int)bad, entry.Row, problem));
            }
            else
            {
                good++;
                news.Add(entry.Update!);
            }

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

    private static string? WhyNot(DocumentEntry entry) => entry switch
    {
        { Problem: { } problem } => problem,
        { Update: { } update } => NewsCheck.WhyNot(update),
        _ => "reports that were born at the council are not taken over",
    };
}

using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Operating;

/// <summary>The operators' actions on a council's back ends, services and documents. Each action adds an audit entry.</summary>
internal sealed class CouncilActions(AdapterCaller adapters, CatalogueStore catalogues, DocumentQueue documents, IDatabase database, TimeProvider time)
{
    private static readonly TimeSpan ConnectionTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Returns the limits of a back end.</summary>
    public BackEndLimits LimitsOf(BackEnd backEnd) => adapters.LimitsOf(backEnd);

    /// <summary>Tests the connection and the credentials of a back end. Sends no report.</summary>
    public async Task<ActionOutcome> TestConnectionAsync(BackEnd backEnd, string who, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        var outcome = await adapters.CallAsync<IConnectionCheck, string>(
            backEnd,
            ConnectionTimeout,
            static async (adapter, token) =>
            {
                await adapter.CheckAsync(token);
                return StoredText.Truncate(Redaction.Clean(adapter.Covers ?? "", null).Trim().TrimEnd('.'));
            },
            late: null,
            ct);
        var result = outcome switch
        {
            AdapterOutcome<string>.Answered { Value: var covered } => ActionOutcome.Yes(
                $"{backEnd.Name} answered in {(long)time.GetElapsedTime(started).TotalMilliseconds} ms. "
                    + $"{(covered.Length > 0 ? $"The test {covered}." : "The adapter does not say what it tested.")} No report was sent."),
            AdapterOutcome<string>.Failed { Failure: var failure } =>
                ActionOutcome.No($"Testing {backEnd.Name} failed: {Redaction.Clean($"{failure.Message} {failure.Detail}".TrimEnd(), null)}"),
            AdapterOutcome<string>.Unavailable { Reason: UnavailableReason.NotSupported } =>
                ActionOutcome.No($"{backEnd.Name} cannot be tested: its adapter offers no connection test."),
            AdapterOutcome<string>.Unavailable unavailable => ActionOutcome.No($"{backEnd.Name} cannot be tested now: {unavailable.Message}"),
            _ => ActionOutcome.No($"{backEnd.Name} returned no answer."),
        };
        await NoteAsync(who, "test-connection", backEnd.Council, $"back end {backEnd.Name}", result.Text, "", ct);
        return result;
    }

    /// <summary>Confirms that services that are missing from a catalogue are no longer offered.</summary>
    /// <param name="council">The council.</param>
    /// <param name="backEnd">The back end whose services are missing.</param>
    /// <param name="shown">The missing services that were shown to the person; null to confirm those that are missing now.</param>
    /// <param name="who">The person who confirms.</param>
    /// <param name="why">The reason.</param>
    /// <param name="ct">Cancels before the change is stored.</param>
    public async Task<ActionOutcome> AcceptMissingAsync(
        string council, string backEnd, IReadOnlyCollection<string>? shown, string who, string why, CancellationToken ct)
    {
        if (await catalogues.FindAsync(council, backEnd, ct) is not { Missing.Count: > 0 } state)
            return ActionOutcome.No($"No services are missing from the catalogue of {council}/{backEnd}.");
        if (shown is not null && !state.Missing.SetEquals(shown))
            return ActionOutcome.No("The list of missing services has changed since it was shown. Check it again.");

        await catalogues.SaveAsync(council, backEnd, CatalogueGuard.Accept(state), ct);
        var gone = $"No longer published: {string.Join(", ", state.Missing.Order(StringComparer.Ordinal))}";
        await NoteAsync(who, "services-accept", council, $"back end {backEnd}", gone, why, ct);
        return ActionOutcome.Yes($"{gone}.");
    }

    /// <summary>Schedules a document to be read again, for example after the council's rules have been corrected.</summary>
    public async Task<ActionOutcome> ReadAgainAsync(long id, string who, CancellationToken ct)
    {
        if (await documents.ShowAsync(id, ct) is not { Document: var document } || !await documents.ReadAgainAsync(id, ct))
            return ActionOutcome.No($"There is no document {id}.");
        await NoteAsync(who, "read-again", document.Council, $"document {id}", document.Name, "", ct);
        return ActionOutcome.Yes("The gateway will read the document again in a few seconds.");
    }

    /// <summary>Decides whether the rows of a held document are news, or are known in another format.</summary>
    public async Task<ActionOutcome> AcceptDocumentAsync(long id, DocumentDecision decision, string who, string why, CancellationToken ct)
    {
        if (await documents.ShowAsync(id, ct) is not { Document: var document })
            return ActionOutcome.No($"There is no document {id}.");

        var decided = await database.WriteAsync(
            async db =>
            {
                if (!await DocumentQueue.DecideAsync(db, id, decision, time.NowMs()))
                    return false;
                await Audit.AddAsync(
                    db, time.NowMs(), who, "document-accept", document.Council, $"document {id}", document.Name,
                    decision == DocumentDecision.News ? "news" : "known", why);
                return true;
            },
            ct);
        return decided
            ? ActionOutcome.Yes(
                decision == DocumentDecision.News
                    ? "All rows will be passed on as news in a few seconds."
                    : "Rows that describe known events will not be passed on again; the others will, in a few seconds.")
            : ActionOutcome.No($"{document.Name} is not waiting for a decision.");
    }

    /// <summary>Confirms that a council without a valid file was removed, so that its clients are told that it does not exist.</summary>
    public async Task<ActionOutcome> RemoveAsync(CouncilSnapshot councils, string council, string who, string why, CancellationToken ct)
    {
        if (councils.Find(council) is { } live)
            return ActionOutcome.No($"{live.Name} is live. Delete its council file first.");
        if (councils.Absent.FirstOrDefault(a => a.Council == council) is not { } absent)
            return ActionOutcome.No($"There is no council {council}.");
        if (councils.FolderProblem is not null)
            return ActionOutcome.No("The councils folder cannot be read, so the council's file may still exist. Make the folder readable first.");
        if (councils.Files.Values.FirstOrDefault(f => f.JurisdictionId == council) is { } file)
            return ActionOutcome.No($"{Path.GetFileName(file.Path)} still describes the council, but has errors. Delete or correct the file first.");

        var removed = await database.WriteAsync(
            async db =>
            {
                if (await StoredCouncilFiles.RemoveAsync(db, council) == 0)
                    return false;
                await db.ExecuteAsync("DELETE FROM folder_problem WHERE council = @council", new { council });
                await Audit.AddAsync(db, time.NowMs(), who, "council-remove", council, $"council {council}", absent.FileName, "", why);
                return true;
            },
            ct);
        return removed
            ? ActionOutcome.Yes($"{absent.Name} was removed. Its calls are answered with status 404. Its reports are kept.")
            : ActionOutcome.No($"{absent.Name} has already been removed.");
    }

    private Task<bool> NoteAsync(string who, string action, string council, string subject, string after, string why, CancellationToken ct) =>
        database.WriteAsync(
            async db =>
            {
                await Audit.AddAsync(db, time.NowMs(), who, action, council, subject, "", after, why);
                return true;
            },
            ct);
}

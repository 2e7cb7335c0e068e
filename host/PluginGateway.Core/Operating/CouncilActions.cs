using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Operating;

/// <summary>What an operator can do about a council's back ends, services and documents. Each is in the audit.</summary>
internal sealed class CouncilActions(AdapterCaller adapters, CatalogueStore catalogues, DocumentQueue documents, IDatabase database, TimeProvider time)
{
    private static readonly TimeSpan ConnectionWithin = TimeSpan.FromSeconds(30);

    /// <summary>The limits that apply to a back end.</summary>
    public BackEndLimits LimitsOf(BackEnd backEnd) => adapters.LimitsOf(backEnd);

    /// <summary>Asks a back end whether it is there and knows the gateway; nothing is sent.</summary>
    public async Task<ActionOutcome> TestConnectionAsync(BackEnd backEnd, string who, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var outcome = await adapters.CallAsync<IConnectionCheck, bool>(
            backEnd,
            ConnectionWithin,
            static async (adapter, token) =>
            {
                await adapter.CheckAsync(token);
                return true;
            },
            late: null,
            ct);
        var result = outcome switch
        {
            AdapterOutcome<bool>.Answered => ActionOutcome.Yes($"{backEnd.Name} answers; it took {(long)time.GetElapsedTime(began).TotalMilliseconds} ms."),
            AdapterOutcome<bool>.Failed { Failure: var failure } =>
                ActionOutcome.No($"{backEnd.Name} does not work: {Redaction.Clean($"{failure.Message} {failure.Detail}".TrimEnd(), null)}"),
            AdapterOutcome<bool>.Unavailable { Reason: UnavailableReason.NotSupported } =>
                ActionOutcome.No($"{backEnd.Name} has no way to be asked: its adapter does not offer one."),
            AdapterOutcome<bool>.Unavailable away => ActionOutcome.No($"{backEnd.Name} cannot be called: {away.Message}"),
            _ => ActionOutcome.No($"{backEnd.Name} gave no answer."),
        };
        await NoteAsync(who, "test-connection", backEnd.Council, $"back end {backEnd.Name}", result.Text, "", ct);
        return result;
    }

    /// <summary>A person's word that services that vanished from a catalogue are really gone.</summary>
    /// <param name="council">The council.</param>
    /// <param name="backEnd">The back end whose services vanished.</param>
    /// <param name="shown">Those that the person was shown; null when they were not: then those that are missing now.</param>
    /// <param name="who">Who says so.</param>
    /// <param name="why">Why.</param>
    /// <param name="ct">Cancels before it is believed.</param>
    public async Task<ActionOutcome> AcceptMissingAsync(
        string council, string backEnd, IReadOnlyCollection<string>? shown, string who, string why, CancellationToken ct)
    {
        if (await catalogues.FindAsync(council, backEnd, ct) is not { Missing.Count: > 0 } state)
            return ActionOutcome.No($"No services are missing from {council}/{backEnd}.");
        if (shown is not null && !state.Missing.SetEquals(shown))
            return ActionOutcome.No("Meanwhile others are missing than were shown. Look again.");

        await catalogues.SaveAsync(council, backEnd, CatalogueGuard.Accept(state), ct);
        var gone = $"No longer published: {string.Join(", ", state.Missing.Order(StringComparer.Ordinal))}";
        await NoteAsync(who, "services-accept", council, $"back end {backEnd}", gone, why, ct);
        return ActionOutcome.Yes(gone);
    }

    /// <summary>Has a document read again, after the council's rules were put right.</summary>
    public async Task<ActionOutcome> ReadAgainAsync(long id, string who, CancellationToken ct)
    {
        if (await documents.ShowAsync(id, ct) is not { Document: var document } || !await documents.ReadAgainAsync(id, ct))
            return ActionOutcome.No($"There is no document {id}.");
        await NoteAsync(who, "read-again", document.Council, $"document {id}", document.Name, "", ct);
        return ActionOutcome.Yes("The gateway reads it in a few seconds.");
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

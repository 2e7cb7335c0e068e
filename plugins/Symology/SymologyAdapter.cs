using System.Text;
using PluginGateway.Adapters.Symology.Requests;
using PluginGateway.Adapters.Symology.Updates;
using PluginGateway.Adapters.Toolkit.Times;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology;

/// <summary>The adapter of a Symology back end. It has no state.</summary>
internal sealed class SymologyAdapter
    : IServiceCatalogue, IRequestPlanner, IRequestSender, ISubmissionFinder, IUpdateSender, IUpdateSource, IDocumentReader, IConnectionCheck
{
    /// <summary>Times are sent this much earlier, because the system refuses times that are in the future by its own clock.</summary>
    private static readonly TimeSpan ClockMargin = TimeSpan.FromMinutes(2);

    private readonly SymologyMapping _mapping;
    private readonly SymologyClient _client;
    private readonly TimeProvider _time;
    private readonly RequestBuilder _builder;
    private readonly EventBuilder _events;
    private readonly UpdateFiles _files;
    private readonly LocalTime _local;

    public SymologyAdapter(SymologyMapping mapping, SymologyClient client, AdapterContext context)
    {
        (_mapping, _client, _time) = (mapping, client, context.Time);
        _builder = new RequestBuilder(mapping);
        _events = new EventBuilder(mapping, _builder);
        _files = new UpdateFiles(mapping.Settings.Updates, context);
        _local = new LocalTime(context.TimeZone);
    }

    public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken cancellationToken) => Task.FromResult(_mapping.Services);

    public RequestPlan Plan(ServiceRequest request)
    {
        var built = _builder.Build(request);
        var login = _client.Login is { } known ? known with { Password = "…" } : null;
        return new RequestPlan
        {
            Facts = built.Facts,
            Trace = built.Trace,
            Preview = Encoding.UTF8.GetString(SymologyEnvelopes.Create(built, Recorded(request.ReceivedAt), login, indent: true)),
        };
    }

    public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken)
    {
        var built = _builder.Build(request);
        await attempt.MarkCommittingAsync(cancellationToken);
        var answer = await _client.CreateAsync(built, Recorded(_time.GetUtcNow()), cancellationToken);
        if (answer.AlreadyExists)
            return (await FindAsync(request, attempt, cancellationToken)).Submission
                ?? throw AdapterException.OutcomeUnknown("The council's system states that it already has the report, but does not find it.", answer.Words);
        if (!answer.IsDone)
            throw answer.Failure("SendRequest");
        // If the case was created without a number, the outcome counts as unknown, so that the gateway searches for the case by its reference.
        return new Submission
        {
            BackEndId = SymologyClient.Number(answer.CaseNumber ?? "")
                ?? throw AdapterException.OutcomeUnknown("The council's system accepted the report but did not return a case number.", answer.Words),
            ResponseExcerpt = $"{answer.StatusCode} {answer.Words}".TrimEnd(),
        };
    }

    public async Task<LookupResult> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken)
    {
        var result = LookupResult.Absent;
        // The rules may have changed since the report was sent, and its category may no longer exist. In both cases, the plan contains the service
        // code that was sent.
        var planned = request.Plan?.Facts.GetValueOrDefault("ServiceCode");
        var now = _mapping.Find(request.Service.Code) is null ? planned : _builder.Build(request).Fields.GetValueOrDefault("ServiceCode");
        foreach (var serviceCode in new[] { now, planned ?? now }.Distinct(StringComparer.Ordinal))
        {
            var numbers = await _client.FindAsync(serviceCode, _builder.Reference(request), cancellationToken);
            if (numbers is null)
                result = LookupResult.Inconclusive;
            else if (numbers.Except(request.EarlierIds, StringComparer.Ordinal).FirstOrDefault() is { } number)
                return LookupResult.Found(new Submission { BackEndId = number, ResponseExcerpt = $"found by {_builder.Reference(request)}" });
        }

        return result;
    }

    public async Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken cancellationToken)
    {
        var built = _events.Build(update);
        await attempt.MarkCommittingAsync(cancellationToken);
        var answer = await _client.UpdateAsync(built, cancellationToken);
        // Symology assigns no ids to updates, so the client's id is returned.
        return answer.IsDone ? new UpdateSubmission { BackEndId = update.UpdateId } : throw answer.Failure("SendEventAction");
    }

    public Task<UpdateBatch> CollectAsync(UpdateWindow from, CancellationToken cancellationToken) => _files.FetchAsync(from, cancellationToken);

    public IAsyncEnumerable<DocumentEntry> ReadAsync(Document document, CancellationToken cancellationToken) =>
        UpdateDocument.ReadAsync(document, _mapping, _local, cancellationToken);

    public async Task CheckAsync(CancellationToken cancellationToken) => _ = await _client.FindAsync(null, "connection-check", cancellationToken)
        ?? throw AdapterException.Transient("The council's system responds, but with an error.", "GetRequestAdditionalGroup returned an error");

    public string Covers => "searches for a request that does not exist, with the credentials that are also used for sending";

    private DateTime Recorded(DateTimeOffset time) => _local.FromUtc(time - ClockMargin);
}

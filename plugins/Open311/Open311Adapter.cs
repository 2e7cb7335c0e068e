using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>The adapter of an Open311 endpoint. It has no state except a cache.</summary>
internal sealed class Open311Adapter(Open311Client client, AdapterContext context)
    : IServiceCatalogue, IRequestSender, IUpdateSender, IUpdateSource, IRequestSource, IConnectionCheck
{
    /// <summary>The note that stores the token of a report until the endpoint assigns an id.</summary>
    internal const string TokenNote = "token";

    /// <summary>The attribute that contains FixMyStreet's own id of the report.</summary>
    private const string ReferenceCode = "fixmystreet_id";

    private const int MaxConcurrentDefinitions = 4;

    /// <summary>The delay before a token is queried again. It doubles with every attempt.</summary>
    private static readonly TimeSpan FirstTokenDelay = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan MaxTokenDelay = TimeSpan.FromHours(1);

    /// <summary>
    /// The codes of the services that the endpoint publishes as <c>blackbox</c>: it assigns no ids to their reports. Null until they have been read.
    /// </summary>
    private volatile IReadOnlySet<string>? _blackboxServices;

    public async Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var root = await client.GetAsync("services.xml", [], "service", cancellationToken);
        _blackboxServices = Open311Reader.BlackboxServices(root);
        var entries = Open311Reader.Services(root).Where(e => !client.Settings.IgnoreServices.Contains(e.Service.Code, StringComparer.Ordinal));
        var services = new List<Service>();
        foreach (var batch in entries.Chunk(MaxConcurrentDefinitions))
            services.AddRange(
                await Task.WhenAll(batch.Select(e => e.HasDefinition ? WithDefinitionAsync(e.Service, cancellationToken) : Task.FromResult(e.Service))));
        return services;
    }

    public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken)
    {
        // An earlier attempt created the report and received a token: only the id is missing.
        if (attempt.Notes.TryGetValue(TokenNote, out var known))
            return await ResolveAsync(known, attempt, cancellationToken);

        using var form = await Open311Forms.RequestAsync(request, client.Settings, context, cancellationToken);
        await attempt.MarkCommittingAsync(cancellationToken);
        // The endpoint recognises a repeated report by the reference among its answers; without one, the header identifies the repeat.
        var key = request.Answer(ReferenceCode) is null ? attempt.DeliveryKey : null;
        var (answer, root) = await client.CreateAsync("requests.xml", form, key, "request", cancellationToken);
        var created = Open311Reader.Created(answer, root);
        if (created.Submission is { } submission)
            return submission;
        if (created.Token is null)
            return await WithoutIdAsync(request, answer, root, cancellationToken);

        // The report exists now, so the token must be stored even after the deadline.
        await attempt.NoteAsync(TokenNote, created.Token, CancellationToken.None);
        return await ResolveAsync(created.Token, attempt, cancellationToken);
    }

    public async Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken cancellationToken)
    {
        using var form = await Open311Forms.UpdateAsync(update, client.Settings, context, cancellationToken);
        await attempt.MarkCommittingAsync(cancellationToken);
        var (answer, root) = await client.CreateAsync(client.Settings.UpdatesPath, form, null, "request_update", cancellationToken);
        return new UpdateSubmission { BackEndId = Open311Reader.UpdateId(answer, root) };
    }

    public async Task<UpdateBatch> CollectAsync(UpdateWindow from, CancellationToken cancellationToken) => Open311Updates.Read(
        await client.GetAsync(
            client.Settings.UpdatesPath,
            [("start_date", Open311Forms.Time(from.Start)), ("end_date", Open311Forms.Time(from.End)), ("api_key", client.Settings.ApiKey)],
            "request_update",
            cancellationToken),
        from.End);

    public async Task<RequestPage> GetRequestsAsync(RequestQuery query, CancellationToken cancellationToken)
    {
        (string, string?)[] arguments = query.BackEndIds.Count > 0
            ? [("service_request_id", string.Join(',', query.BackEndIds))]
            : [("start_date", query.Start is { } s ? Open311Forms.Time(s) : null), ("end_date", query.End is { } e ? Open311Forms.Time(e) : null)];
        return Open311Reader.Requests(await client.GetAsync("requests.xml", arguments, "request", cancellationToken));
    }

    public Task CheckAsync(CancellationToken cancellationToken) => client.GetAsync("services.xml", [], "service", cancellationToken);

    public string Covers => "reads the list of services; the API key is not used";

    private async Task<Service> WithDefinitionAsync(Service service, CancellationToken cancellationToken)
    {
        var (root, problem) = await client.TryGetAsync($"services/{Uri.EscapeDataString(service.Code)}.xml", cancellationToken);
        return root is null ? service with { AttributesProblem = problem } : service with { Attributes = Open311Reader.Attributes(root) };
    }

    /// <summary>Queries the id of a report that the endpoint has accepted. A refusal of this query does not reject the report.</summary>
    private async Task<Submission> ResolveAsync(string token, IAttempt attempt, CancellationToken cancellationToken) =>
        await client.FindAsync($"tokens/{Uri.EscapeDataString(token)}.xml", "request", cancellationToken) is { } root
            && Open311Reader.Resolved(root) is { } submission
                ? submission
                : throw AdapterException.NotYet(
                    "The council's system has accepted the report but has not assigned a number yet.",
                    retryAfter: Shorter(FirstTokenDelay * Math.Pow(2, Math.Clamp(attempt.Number - 1, 0, 10)), MaxTokenDelay));

    /// <summary>Handles a response without an id: it is complete for a service whose reports have none, and unclear for any other service.</summary>
    private async Task<Submission> WithoutIdAsync(ServiceRequest request, HttpResult answer, XElement? root, CancellationToken cancellationToken)
    {
        var isReadable = root is null ? answer.Body is not null && answer.Text.Trim().Length == 0 : Open311Reader.IsExpected(root, "request");
        if (isReadable && await IsBlackboxAsync(request.Service.Code, cancellationToken))
            return new Submission { Notice = Open311Reader.Notice(root), ResponseExcerpt = $"{answer.StatusLine}, no id: the service has the type blackbox" };

        throw root is null
            ? answer.Unreadable("no Open311 response")
            : AdapterException.OutcomeUnknown(
                "The council's system accepted the report but did not return a case number.", $"{answer.StatusLine}; content: {answer.Excerpt}");
    }

    private async Task<bool> IsBlackboxAsync(string code, CancellationToken cancellationToken)
    {
        try
        {
            _blackboxServices ??= Open311Reader.BlackboxServices(await client.GetAsync("services.xml", [], "service", cancellationToken));
            return _blackboxServices.Contains(code);
        }
        catch (AdapterException)
        {
            // The report may exist, so this failure must not determine its outcome.
            return false;
        }
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}

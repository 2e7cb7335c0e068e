using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>The adapter of an Open311 endpoint. It has no state.</summary>
internal sealed class Open311Adapter(Open311Client client, AdapterContext context)
    : IServiceCatalogue, IRequestSender, IUpdateSender, IUpdateSource, IRequestSource, IConnectionCheck
{
    /// <summary>The note that stores the token of a report until the endpoint assigns an id.</summary>
    private const string TokenNote = "token";

    /// <summary>The attribute that contains FixMyStreet's own id of the report.</summary>
    private const string ReferenceCode = "fixmystreet_id";

    private const int MaxConcurrentDefinitions = 4;

    private static readonly TimeSpan TokenRetryDelay = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var entries = Open311Reader.Services(await client.GetAsync("services.xml", [], cancellationToken))
            .Where(e => !client.Settings.IgnoreServices.Contains(e.Service.Code, StringComparer.Ordinal));
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
            return await ResolveAsync(known, cancellationToken);

        using var form = await Open311Forms.RequestAsync(request, client.Settings, context, cancellationToken);
        await attempt.MarkCommittingAsync(cancellationToken);
        // The endpoint recognises a repeated report by the reference among its answers; without one, the header identifies the repeat.
        var key = request.Answer(ReferenceCode) is null ? attempt.DeliveryKey : null;
        var created = Open311Reader.Created(await client.CreateAsync("requests.xml", form, key, cancellationToken));
        if (created.Token is null)
            return created.Submission!;

        // The report exists now, so the token must be stored even after the deadline.
        await attempt.NoteAsync(TokenNote, created.Token, CancellationToken.None);
        return await ResolveAsync(created.Token, cancellationToken);
    }

    public async Task<UpdateSubmission> SubmitUpdateAsync(ClientUpdate update, IAttempt attempt, CancellationToken cancellationToken)
    {
        using var form = await Open311Forms.UpdateAsync(update, client.Settings, context, cancellationToken);
        await attempt.MarkCommittingAsync(cancellationToken);
        return new UpdateSubmission
        {
            BackEndId = Open311Reader.UpdateId(
            await client.CreateAsync(client.Settings.UpdatesPath, form, null, cancellationToken))
        };
    }

    public async Task<UpdateBatch> CollectAsync(UpdateWindow from, CancellationToken cancellationToken) => new()
    {
        Updates = Open311Reader.Updates(await client.GetAsync(
            client.Settings.UpdatesPath,
            [("start_date", Open311Forms.Time(from.Start)), ("end_date", Open311Forms.Time(from.End)), ("api_key", client.Settings.ApiKey)],
            cancellationToken)),
    };

    public async Task<RequestPage> GetRequestsAsync(RequestQuery query, CancellationToken cancellationToken)
    {
        (string, string?)[] arguments = query.BackEndIds.Count > 0
            ? [("service_request_id", string.Join(',', query.BackEndIds))]
            : [("start_date", query.Start is { } s ? Open311Forms.Time(s) : null), ("end_date", query.End is { } e ? Open311Forms.Time(e) : null)];
        return new RequestPage { Requests = Open311Reader.Requests(await client.GetAsync("requests.xml", arguments, cancellationToken)) };
    }

    public Task CheckAsync(CancellationToken cancellationToken) => client.GetAsync("services.xml", [], cancellationToken);

    private async Task<Service> WithDefinitionAsync(Service service, CancellationToken cancellationToken) =>
        service with
        {
            Attributes = Open311Reader.Attributes(
            await client.GetAsync($"services/{Uri.EscapeDataString(service.Code)}.xml", [], cancellationToken))
        };

    private async Task<Submission> ResolveAsync(string token, CancellationToken cancellationToken) =>
        Open311Reader.Resolved(await client.GetAsync($"tokens/{Uri.EscapeDataString(token)}.xml", [], cancellationToken))
            ?? throw AdapterException.NotYet("The council's system has accepted the report but has not assigned a number yet.", retryAfter: TokenRetryDelay);
}

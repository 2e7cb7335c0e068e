using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>Everything an Open311 endpoint can do, one capability after the other. Holds no state of its own.</summary>
internal sealed class Open311Adapter(Open311Client client, AdapterContext context)
    : IServiceCatalogue, IRequestSender, IUpdateSender, IUpdateSource, IRequestSource, IConnectionCheck
{
    /// <summary>The note under which the token of a report lies whose id the endpoint gives later.</summary>
    private const string TokenNote = "token";

    /// <summary>The answer that FixMyStreet and its servers know a report by.</summary>
    private const string ReferenceCode = "fixmystreet_id";

    private const int DefinitionsAtATime = 4;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var entries = Open311Reader.Services(await client.GetAsync("services.xml", [], cancellationToken))
            .Where(e => !client.Settings.IgnoreServices.Contains(e.Service.Code, StringComparer.Ordinal));
        var services = new List<Service>();
        foreach (var batch in entries.Chunk(DefinitionsAtATime))
            services.AddRange(
                await Task.WhenAll(batch.Select(e => e.HasDefinition ? WithDefinitionAsync(e.Service, cancellationToken) : Task.FromResult(e.Service))));
        return services;
    }

    public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken)
    {
        // An earlier try made the report and was given a token: only its id is still to come.
        if (attempt.Notes.TryGetValue(TokenNote, out var known))
            return await ResolveAsync(known, cancellationToken);

        using var form = await Open311Forms.RequestAsync(request, client.Settings, context, cancellationToken);
        await attempt.MarkCommittingAsync(cancellationToken);
        // A reference among the answers is recognised by the endpoint itself; else this header is what a repeat is known by.
        var key = request.Answer(ReferenceCode) is null ? attempt.DeliveryKey : null;
        var created = Open311Reader.Created(await client.CreateAsync("requests.xml", form, key, cancellationToken));
        if (created.Token is null)
            return created.Submission!;

        // The report is made: its token is kept even when the time is up.
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
            ?? throw AdapterException.NotYet("The council's system has accepted the report but not assigned a number yet.", retryAfter: AskAgain);
}

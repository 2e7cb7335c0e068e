using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Acme;

/// <summary>The adapter of an Acme back end. It has no state: the gateway stores everything that must be remembered.</summary>
internal sealed class AcmeAdapter(AcmeSettings settings, AcmeClient client)
    : IServiceCatalogue, IRequestPlanner, IRequestSender, ISubmissionFinder, IUpdateSource, IConnectionCheck
{
    public async Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken cancellationToken)
    {
        var categories = await client.GetAsync("categories", AcmeJson.Default.IReadOnlyListAcmeCategory, cancellationToken);
        return [.. categories.Select(c => new Service { Code = c.Code, Name = c.Name })];
    }

    public RequestPlan Plan(ServiceRequest request) => AcmePlanner.Plan(request, settings);

    public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken)
    {
        var plan = request.Plan ?? Plan(request);
        var message = new AcmeNewCase(
            // FindAsync searches for this reference; it must be the same for every attempt.
            request.Id, request.Service.Code, plan.Facts[AcmePlanner.Team], request.Description, request.Location.Latitude, request.Location.Longitude,
            $"{request.Reporter.FirstName} {request.Reporter.LastName}".Trim(), request.Reporter.Email);

        // If the response to the next call is lost, a case may exist.
        await attempt.MarkCommittingAsync(cancellationToken);
        var created = await client.CreateAsync("cases", message, AcmeJson.Default.AcmeNewCase, AcmeJson.Default.AcmeCase, cancellationToken);
        return new Submission { BackEndId = created.Id };
    }

    public async Task<LookupResult> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken cancellationToken)
    {
        var found = await client.GetAsync($"cases?reference={Uri.EscapeDataString(request.Id)}", AcmeJson.Default.AcmeCases, cancellationToken);
        return found.Cases is [var first, ..] ? LookupResult.Found(new Submission { BackEndId = first.Id }) : LookupResult.Absent;
    }

    public async Task<UpdateBatch> CollectAsync(UpdateWindow window, CancellationToken cancellationToken)
    {
        var changes = await client.GetAsync(
            $"changes?from={Uri.EscapeDataString(window.Start.ToString("O"))}&to={Uri.EscapeDataString(window.End.ToString("O"))}",
            AcmeJson.Default.AcmeChanges, cancellationToken);
        return new UpdateBatch
        {
            Updates =
            [
                .. changes.Changes.Select(c => new CouncilUpdate
                {
                    // The same update must have the same id each time it is collected.
                    UpdateId = c.Id,
                    BackEndId = c.CaseId,
                    Status = c.Status,
                    Description = c.Text ?? "",
                    OccurredAt = c.Time,
                }),
            ],
        };
    }

    public Task CheckAsync(CancellationToken cancellationToken) => client.GetAsync("categories", AcmeJson.Default.IReadOnlyListAcmeCategory, cancellationToken);

    public string Covers => "reads the categories with the API key";
}

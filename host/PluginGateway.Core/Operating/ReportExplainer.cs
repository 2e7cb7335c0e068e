using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Operating;

/// <summary>Explains how a report would be sent now, without accepting or sending it.</summary>
internal sealed class ReportExplainer(RouteTable routes, AdapterCaller adapters)
{
    private static readonly TimeSpan PlanTimeout = TimeSpan.FromSeconds(30);

    public async Task<Explanation> ExplainAsync(Council council, PublishedService service, ServiceRequest request, CancellationToken ct)
    {
        // The real id is not known yet; this one has the same form.
        request = request with { Id = "PG0000000000000", Reference = request.Answer(PublishedServicesBuilder.ReferenceCode) };
        var route = await routes.RouteAsync(council, service, ct);
        var (plan, planProblem) = await PlanAsync(service.Owner, request, ct);
        var explanation = new Explanation { Service = service, Route = route, PlanProblem = planProblem };
        if (planProblem is not null)
            return explanation;

        var (preview, previewProblem) = route.Key == service.Owner.Key ? (plan, null) : await PlanAsync(route, request with { Plan = plan }, ct);
        return explanation with
        {
            Facts = [.. (plan?.Facts ?? new Dictionary<string, string>()).OrderBy(f => f.Key, StringComparer.Ordinal)],
            Trace = plan?.Trace ?? [],
            Copies = council.Copies.For(service.Code, request, plan),
            Preview = preview?.Preview,
            PreviewProblem = previewProblem,
        };
    }

    private async Task<(RequestPlan? Plan, string? Problem)> PlanAsync(BackEnd backEnd, ServiceRequest request, CancellationToken ct) =>
        await adapters.CallAsync<IRequestPlanner, RequestPlan>(backEnd, PlanTimeout, (a, _) => Task.FromResult(a.Plan(request)), late: null, ct) switch
        {
            AdapterOutcome<RequestPlan>.Answered answered => (answered.Value, null),
            AdapterOutcome<RequestPlan>.Failed { Failure: var failure } => (null, $"{failure.Message} {failure.Detail}".TrimEnd()),
            AdapterOutcome<RequestPlan>.Unavailable { Reason: UnavailableReason.NotSupported } => (null, null),
            AdapterOutcome<RequestPlan>.Unavailable unavailable => (null, unavailable.Message),
            _ => (null, "The adapter returned no answer."),
        };
}

/// <summary>How a report would be sent.</summary>
internal sealed record Explanation
{
    public required PublishedService Service { get; init; }

    /// <summary>The back end that would receive the report.</summary>
    public required BackEnd Route { get; init; }

    /// <summary>Why the service's owner returned no plan; the other members are then not set. Null if there is no problem.</summary>
    public string? PlanProblem { get; init; }

    /// <summary>The decisions of the owner's rules, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Facts { get; init; } = [];

    /// <summary>The rules that applied and those that did not.</summary>
    public IReadOnlyList<PlanStep> Trace { get; init; } = [];

    public IReadOnlyList<Copy> Copies { get; init; } = [];

    /// <summary>The request as it would be sent now; null if the adapter offers no preview.</summary>
    public string? Preview { get; init; }

    public string? PreviewProblem { get; init; }
}

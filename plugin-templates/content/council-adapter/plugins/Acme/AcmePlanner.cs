using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Acme;

/// <summary>Decides which team handles a report. Pure: the same report always gets the same plan, so operators can see it before the report is sent.</summary>
internal static class AcmePlanner
{
    public const string Team = "Team";

    public static RequestPlan Plan(ServiceRequest request, AcmeSettings settings)
    {
        var known = settings.Teams.TryGetValue(request.Service.Code, out var team);
        team ??= settings.DefaultTeam;
        return new RequestPlan
        {
            Facts = new Dictionary<string, string>(StringComparer.Ordinal) { [Team] = team },
            Trace = [new PlanStep { Rule = known ? "teams" : "defaultTeam", Inputs = $"category={request.Service.Code}", Output = $"{Team}={team}" }],
        };
    }
}

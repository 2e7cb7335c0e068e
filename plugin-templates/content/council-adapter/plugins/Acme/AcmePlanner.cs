using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Acme;

/// <summary>What a report means to the council. Pure, so that operators can ask for it at any time and get what will be sent.</summary>
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

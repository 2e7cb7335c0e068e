namespace PluginGateway.Contracts;

/// <summary>What an adapter's mapping decides for a report before the report is sent.</summary>
public sealed record RequestPlan
{
    /// <summary>
    /// The decisions by name, such as <c>Priority</c> and <c>Team</c>. Council files refer to them as <c>plan.Priority</c>, and operators see
    /// them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How the decisions were made, step by step.</summary>
    public IReadOnlyList<PlanStep> Trace { get; init; } = [];

    /// <summary>What would be sent, as text for an operator and without secrets; null if there is no preview. It is not stored.</summary>
    public string? Preview { get; init; }
}

/// <summary>One rule that was evaluated while a report was planned.</summary>
public sealed record PlanStep
{
    /// <summary>The name of the rule, as in the council file.</summary>
    public required string Rule { get; init; }

    /// <summary>The inputs that it evaluated, such as <c>reportType=Missed</c>.</summary>
    public string Inputs { get; init; } = "";

    /// <summary>What it decided, such as <c>Team=Waste</c>; empty if it did not apply.</summary>
    public string Output { get; init; } = "";
}

namespace PluginGateway.Contracts;

/// <summary>What an adapter's mapping decided for a report, known before anything is sent.</summary>
public sealed record RequestPlan
{
    /// <summary>
    /// What was decided, by name (<c>Priority</c>, <c>Team</c>). Council files refer to it as <c>plan.Priority</c>, operators see it.
    /// </summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How it was decided, step by step.</summary>
    public IReadOnlyList<PlanStep> Trace { get; init; } = [];

    /// <summary>What would be sent, as text for an operator; secrets left out.</summary>
    public string? Preview { get; init; }
}

/// <summary>One rule that was looked at while planning.</summary>
public sealed record PlanStep
{
    /// <summary>The rule, in words its author would know.</summary>
    public required string Rule { get; init; }

    /// <summary>What it looked at: <c>reportType=Missed</c>.</summary>
    public string Inputs { get; init; } = "";

    /// <summary>What it decided; empty when it did not apply.</summary>
    public string Output { get; init; } = "";
}

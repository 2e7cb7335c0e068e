using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>A report in Symology's terms, without its times.</summary>
internal sealed record SymologyRequest
{
    /// <summary>The fields by name. An absent field is sent as nil.</summary>
    public required IReadOnlyDictionary<string, string> Fields { get; init; }

    public required string CustomerName { get; init; }

    public string? Phone { get; init; }

    public string? Email { get; init; }

    public string? CustomerType { get; init; }

    public string? ContactType { get; init; }

    public required IReadOnlyList<AdditionalField> AdditionalFields { get; init; }

    /// <summary>The facts of the plan, for <c>alsoSend</c> and for operators.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    public required IReadOnlyList<PlanStep> Trace { get; init; }
}

/// <summary>An additional field. A value of null is sent as nil.</summary>
internal sealed record AdditionalField(int Line, int Type, string? Value);

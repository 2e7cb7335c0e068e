using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>A report as Symology takes it, but for its times.</summary>
internal sealed record SymologyRequest
{
    /// <summary>Fields by name; one that is not there is nil.</summary>
    public required IReadOnlyDictionary<string, string> Fields { get; init; }

    public required string CustomerName { get; init; }

    public string? Phone { get; init; }

    public string? Email { get; init; }

    public string? CustomerType { get; init; }

    public string? ContactType { get; init; }

    public required IReadOnlyList<AdditionalField> AdditionalFields { get; init; }

    /// <summary>What was decided beside the fields, for <c>alsoSend</c> and people.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    public required IReadOnlyList<PlanStep> Trace { get; init; }
}

/// <summary>An additional field; a value of null is sent as nil.</summary>
internal sealed record AdditionalField(int Line, int Type, string? Value);

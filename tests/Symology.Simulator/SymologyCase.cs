using System.Collections.Immutable;

namespace Symology.Simulator;

/// <summary>A case as the system keeps it.</summary>
public sealed record SymologyCase
{
    /// <summary>Its number.</summary>
    public required int Number { get; init; }

    /// <summary>The request's fields as they came; nil ones are not there.</summary>
    public required ImmutableDictionary<string, string> Request { get; init; }

    /// <summary>The customer's fields as they came.</summary>
    public required ImmutableDictionary<string, string> Customer { get; init; }

    /// <summary>Additional fields: line, type, value.</summary>
    public required ImmutableList<(int Line, int Type, string? Value)> AdditionalFields { get; init; }

    /// <summary>Events that were sent to it.</summary>
    public ImmutableList<ImmutableDictionary<string, string>> Events { get; init; } = [];
}

using System.Collections.Immutable;

namespace Symology.Simulator;

/// <summary>A case as stored by the system.</summary>
public sealed record SymologyCase
{
    /// <summary>The number of the case.</summary>
    public required int Number { get; init; }

    /// <summary>The received fields of the request, without nil ones.</summary>
    public required ImmutableDictionary<string, string> Request { get; init; }

    /// <summary>The received fields of the customer.</summary>
    public required ImmutableDictionary<string, string> Customer { get; init; }

    /// <summary>The additional fields: line, type, value.</summary>
    public required ImmutableList<(int Line, int Type, string? Value)> AdditionalFields { get; init; }

    /// <summary>The events that were added to the case.</summary>
    public ImmutableList<ImmutableDictionary<string, string>> Events { get; init; } = [];
}

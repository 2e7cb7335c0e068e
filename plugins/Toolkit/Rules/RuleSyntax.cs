namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>What the rules of one list may look at and decide.</summary>
public sealed record RuleSyntax
{
    /// <summary>Says why a name is not one of an input, in words that name those there are; null when it is.</summary>
    public required Func<string, string?> FindInputProblem { get; init; }

    /// <summary>Says why a name is not one of an output; null when it is.</summary>
    public required Func<string, string?> FindOutputProblem { get; init; }

    /// <summary>Says why a value must not be given to an output; null when it may.</summary>
    public Func<string, string, string?> FindValueProblem { get; init; } = static (_, _) => null;

    /// <summary>An output that every rule must decide; null when each may decide what it likes.</summary>
    public string? Required { get; init; }

    /// <summary>Names out of a list, or with one of some beginnings.</summary>
    /// <param name="names">The names.</param>
    /// <param name="prefixes">Beginnings behind which anything may stand: <c>attribute.</c></param>
    /// <returns>Says why a name is none of them.</returns>
    public static Func<string, string?> OneOf(IReadOnlyCollection<string> names, params IReadOnlyCollection<string> prefixes)
    {
        var known = new HashSet<string>(names, StringComparer.Ordinal);
        return name => known.Contains(name) || prefixes.Any(p => name.Length > p.Length && name.StartsWith(p, StringComparison.Ordinal))
            ? null
            : $"is not known; known: {string.Join(", ", names.Concat(prefixes.Select(p => $"{p}…")))}";
    }
}

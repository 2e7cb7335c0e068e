namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>The inputs and outputs that the rules of a list may use.</summary>
public sealed record RuleSyntax
{
    /// <summary>Returns why a name is not a valid input, including the valid names; null if it is valid.</summary>
    public required Func<string, string?> FindInputProblem { get; init; }

    /// <summary>Returns why a name is not a valid output; null if it is valid.</summary>
    public required Func<string, string?> FindOutputProblem { get; init; }

    /// <summary>
    /// Returns why an output must not have a value; null if it may. The arguments are the output and the value. By default, every value is
    /// allowed. A text that contains inputs is not checked.
    /// </summary>
    public Func<string, string, string?> FindValueProblem { get; init; } = static (_, _) => null;

    /// <summary>An output that every <c>then</c> must set; null if there is none.</summary>
    public string? Required { get; init; }

    /// <summary>
    /// Whether surrounding spaces are ignored when texts are compared, and case too unless a rule has <c>"matchCase": true</c>. Use it for codes from a
    /// council's files.
    /// </summary>
    public bool IsLenient { get; init; }

    /// <summary>Creates a check that allows the names in a list and all names that start with one of the prefixes.</summary>
    /// <param name="names">The allowed names.</param>
    /// <param name="prefixes">Prefixes that any text may follow, such as <c>attribute.</c>.</param>
    /// <returns>A function that returns why a name is not allowed, or null if it is allowed.</returns>
    public static Func<string, string?> OneOf(IReadOnlyCollection<string> names, params IReadOnlyCollection<string> prefixes)
    {
        var known = new HashSet<string>(names, StringComparer.Ordinal);
        return name => known.Contains(name) || prefixes.Any(p => name.Length > p.Length && name.StartsWith(p, StringComparison.Ordinal))
            ? null
            : $"is not known; known: {string.Join(", ", names.Concat(prefixes.Select(p => $"{p}…")))}";
    }
}

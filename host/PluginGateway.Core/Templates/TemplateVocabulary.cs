namespace PluginGateway.Core.Templates;

/// <summary>The values that a kind of template can show.</summary>
internal sealed record TemplateVocabulary
{
    /// <summary>The values by name.</summary>
    public required IReadOnlyCollection<string> Names { get; init; }

    /// <summary>What the entries of lists have.</summary>
    public required IReadOnlyCollection<string> Members { get; init; }

    /// <summary>
    /// Invented values, each a case that a template must cope with; with the first, everything is there. A template that fails with one of them, or makes
    /// nothing of the first, is not used.
    /// </summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, object?>> Samples { get; init; }
}

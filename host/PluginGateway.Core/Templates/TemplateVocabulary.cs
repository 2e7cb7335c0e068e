namespace PluginGateway.Core.Templates;

/// <summary>The values that a kind of template can show.</summary>
internal sealed record TemplateVocabulary
{
    /// <summary>The names of the values.</summary>
    public required IReadOnlyCollection<string> Names { get; init; }

    /// <summary>The names of the members of list entries.</summary>
    public required IReadOnlyCollection<string> Members { get; init; }

    /// <summary>
    /// Sample values, each a case that a template must handle; the first contains all values. A template that fails with a sample, or
    /// renders to nothing with the first, is not used.
    /// </summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, object?>> Samples { get; init; }
}

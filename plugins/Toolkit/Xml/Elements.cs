using System.Xml.Linq;

namespace PluginGateway.Adapters.Toolkit.Xml;

/// <summary>
/// Elements by local name: systems differ in the namespaces and prefixes that they write, and one entry of a list is read like several.
/// </summary>
public static class Elements
{
    /// <summary>The first child of a name.</summary>
    /// <param name="element">The parent; none has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The child, or null.</returns>
    public static XElement? Child(this XElement? element, string name) => element?.Elements().FirstOrDefault(e => e.Name.LocalName == name);

    /// <summary>Every child of a name: none, one or many.</summary>
    /// <param name="element">The parent; none has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The children in their order.</returns>
    public static IEnumerable<XElement> Children(this XElement? element, string name) => element?.Elements().Where(e => e.Name.LocalName == name) ?? [];

    /// <summary>The text of the first child of a name, trimmed.</summary>
    /// <param name="element">The parent; none has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The text; empty when there is none.</returns>
    public static string Text(this XElement? element, string name) => element.Child(name)?.Value.Trim() ?? "";

    /// <summary>The text of the first child of a name, trimmed.</summary>
    /// <param name="element">The parent; none has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The text; null when there is none or it is empty.</returns>
    public static string? TextOrNull(this XElement? element, string name) => element.Text(name) is { Length: > 0 } text ? text : null;
}

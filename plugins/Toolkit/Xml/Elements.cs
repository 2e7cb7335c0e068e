using System.Xml.Linq;

namespace PluginGateway.Adapters.Toolkit.Xml;

/// <summary>
/// Finds elements by their local names, because systems differ in the namespaces and prefixes that they write. A list with one entry is read
/// like a list with several.
/// </summary>
public static class Elements
{
    /// <summary>Returns the first child with a name.</summary>
    /// <param name="element">The parent; null has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The child; null if there is none.</returns>
    public static XElement? Child(this XElement? element, string name) => element?.Elements().FirstOrDefault(e => e.Name.LocalName == name);

    /// <summary>Returns all children with a name.</summary>
    /// <param name="element">The parent; null has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The children in document order.</returns>
    public static IEnumerable<XElement> Children(this XElement? element, string name) => element?.Elements().Where(e => e.Name.LocalName == name) ?? [];

    /// <summary>Returns the trimmed text of the first child with a name.</summary>
    /// <param name="element">The parent; null has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The text; empty if there is no such child, or if it contains elements.</returns>
    public static string Text(this XElement? element, string name) => element.Child(name).LeafText();

    /// <summary>Returns the trimmed text of an element. Text of nested elements is never concatenated, because that could produce a wrong id.</summary>
    /// <param name="element">The element; null has no text.</param>
    /// <returns>The text; empty if the element contains elements.</returns>
    public static string LeafText(this XElement? element) => element is null or { HasElements: true } ? "" : element.Value.Trim();

    /// <summary>Returns the trimmed text of the first child with a name.</summary>
    /// <param name="element">The parent; null has no children.</param>
    /// <param name="name">The local name.</param>
    /// <returns>The text; null if there is no such child, it is empty, or it contains elements.</returns>
    public static string? TextOrNull(this XElement? element, string name) => element.Text(name) is { Length: > 0 } text ? text : null;
}

using System.Xml;
using System.Xml.Linq;

namespace PluginGateway.Adapters.Toolkit.Xml;

/// <summary>Reads XML from a system that is not trusted: no DTDs, no entities, bounded in size and depth.</summary>
public static class SafeXml
{
    private const int MaxCharacters = 10 << 20;
    private const int MaxDepth = 64;

    /// <summary>The root element of a text in memory.</summary>
    /// <param name="content">The bytes; null is no XML.</param>
    /// <returns>The root, or null when it is not XML of the kind that is read here.</returns>
    public static XElement? Parse(byte[]? content)
    {
        if (content is null)
            return null;

        try
        {
            // Twice over the same bytes: the tree is built only when it is known not to be deep.
            using (var scan = Open(new MemoryStream(content, writable: false)))
                while (scan.Read())
                    if (scan.Depth > MaxDepth)
                        return null;

            using var reader = Open(new MemoryStream(content, writable: false));
            return XDocument.Load(reader).Root;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>A reader for a stream, for documents that are read element by element.</summary>
    /// <param name="stream">The bytes; disposed with the reader.</param>
    /// <returns>The reader. It does not bound the depth: read elements of a known size.</returns>
    public static XmlReader Open(Stream stream) => XmlReader.Create(stream, new XmlReaderSettings
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxCharacters,
        MaxCharactersFromEntities = 1_024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        CloseInput = true,
    });
}

using System.Xml;
using System.Xml.Linq;

namespace PluginGateway.Adapters.Toolkit.Xml;

/// <summary>Reads XML from an untrusted system: without DTDs, and with at most 10,485,760 characters and 64 levels of elements.</summary>
public static class SafeXml
{
    private const int MaxCharacters = 10 << 20;
    private const int MaxDepth = 64;

    /// <summary>Parses XML that is in memory.</summary>
    /// <param name="content">The content; null counts as invalid.</param>
    /// <returns>The root element; null if the content is not XML, contains a DTD or exceeds a limit.</returns>
    public static XElement? Parse(byte[]? content)
    {
        if (content is null)
            return null;

        try
        {
            // Two passes: the tree is built only after its depth has been checked.
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

    /// <summary>Creates a reader for documents that are read element by element.</summary>
    /// <param name="stream">The content. It is disposed with the reader.</param>
    /// <returns>
    /// The reader. It throws <see cref="XmlException"/> for a DTD and for too many characters, and does not limit the depth: read only elements of
    /// a known size.
    /// </returns>
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

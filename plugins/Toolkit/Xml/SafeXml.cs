using System.Net;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Text;

namespace PluginGateway.Adapters.Toolkit.Xml;

/// <summary>Reads XML from an untrusted system: without DTDs, and with at most 10,485,760 characters and 64 levels of elements.</summary>
public static partial class SafeXml
{
    private const int MaxCharacters = 10 << 20;
    private const int MaxDepth = 64;

    /// <summary>
    /// Parses XML that is in memory, in any encoding of .NET (see <see cref="Charsets.Decode"/>). If it is malformed, it is parsed once more with
    /// common errors corrected: white space before the declaration, characters that XML does not allow, a bare <c>&amp;</c>, and named
    /// character references of HTML, such as <c>&amp;nbsp;</c>.
    /// </summary>
    /// <param name="content">The content; null counts as invalid.</param>
    /// <param name="charset">The <c>charset</c> parameter of the <c>Content-Type</c> header; null if there is none.</param>
    /// <returns>The root element; null if the content is not XML, contains a DTD or exceeds a limit.</returns>
    public static XElement? Parse(byte[]? content, string? charset = null)
    {
        if (content is null)
            return null;

        var text = Charsets.Decode(content, charset);
        return ParseText(text) ?? ParseText(Corrected(text));
    }

    /// <summary>Creates a reader for documents that are read element by element.</summary>
    /// <param name="stream">The content. It is disposed with the reader.</param>
    /// <returns>
    /// The reader. It throws <see cref="XmlException"/> for a DTD and for too many characters, and does not limit the depth: read only elements of
    /// a known size.
    /// </returns>
    public static XmlReader Open(Stream stream) => XmlReader.Create(stream, Settings());

    private static XElement? ParseText(string text)
    {
        try
        {
            // Two passes: the tree is built only after its depth has been checked.
            using (var scan = XmlReader.Create(new StringReader(text), Settings()))
                while (scan.Read())
                    if (scan.Depth > MaxDepth)
                        return null;

            using var reader = XmlReader.Create(new StringReader(text), Settings());
            return XDocument.Load(reader).Root;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static XmlReaderSettings Settings() => new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxCharacters,
        MaxCharactersFromEntities = 1_024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        CloseInput = true,
    };

    private static string Corrected(string text) => Reference().Replace(XmlCharacters.Clean(text).TrimStart(), CorrectedReference);

    /// <summary>
    /// Returns a reference that XML allows; otherwise the character that it means in HTML, or a literal <c>&amp;</c>. An invalid numeric reference is
    /// removed.
    /// </summary>
    private static string CorrectedReference(Match reference)
    {
        var given = reference.Value;
        if (given is "&amp;" or "&lt;" or "&gt;" or "&quot;" or "&apos;")
            return given;

        var meant = XmlCharacters.Clean(WebUtility.HtmlDecode(given));
        return meant == given && given.StartsWith("&#", StringComparison.Ordinal) ? ""
            : meant == given ? "&amp;" + given[1..] : meant is "&" or "<" or ">" or "\"" ? WebUtility.HtmlEncode(meant) : meant;
    }

    [GeneratedRegex("&(?:[A-Za-z][A-Za-z0-9]{0,30};|#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};)?", RegexOptions.CultureInvariant, 5_000)]
    private static partial Regex Reference();
}

using System.Text;
using System.Text.RegularExpressions;

namespace PluginGateway.Adapters.Toolkit.Text;

/// <summary>
/// Decodes texts of other systems: all encodings of .NET are known, and a text that is not in the encoding that it declares is still decoded.
/// </summary>
public static partial class Charsets
{
    /// <summary>The number of bytes at the start of an XML document in which its declaration is searched for.</summary>
    private const int DeclarationLength = 256;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>Returns the encoding with a name.</summary>
    /// <param name="name">The name as in <c>Content-Type</c> or an XML declaration; may be in quotation marks.</param>
    /// <returns>The encoding, which throws for invalid bytes; null if the name is null, empty, unknown or UTF-7.</returns>
    public static Encoding? Find(string? name)
    {
        name = name?.Trim(' ', '"', '\'').ToLowerInvariant();
        switch (name)
        {
            case null or "":
                return null;
            case "utf8":
                name = "utf-8";
                break;
            // As in web browsers: systems that declare one of these send Windows-1252 (WHATWG Encoding Standard, 4.2).
            case "iso-8859-1" or "latin1" or "us-ascii" or "ascii":
                name = "windows-1252";
                break;
            // Browsers refuse it too, because it hides markup from filters.
            case "utf-7":
                return null;
        }

        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (ArgumentException)
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (NotSupportedException)
        {
            // Another name of UTF-7.
            return null;
        }
    }

    /// <summary>
    /// Decodes a text. The first of these encodings that fits is used: that of the byte order mark, the one that the header declares, the one that
    /// the XML declaration contains, UTF-8, and Windows-1252, which can decode any bytes.
    /// </summary>
    /// <param name="content">The bytes of the text.</param>
    /// <param name="charset">The <c>charset</c> parameter of the <c>Content-Type</c> header; null if there is none.</param>
    /// <returns>The text without a byte order mark.</returns>
    public static string Decode(ReadOnlySpan<byte> content, string? charset = null)
    {
        foreach (var encoding in (ReadOnlySpan<Encoding?>)[MarkedIn(content), Find(charset), DeclaredIn(content), Utf8])
        {
            try
            {
                // A text that really is in UTF-16 or UTF-32 contains zero bytes.
                if (encoding is not null && (encoding.GetByteCount("<") == 1 || content.Contains((byte)0)))
                    return encoding.GetString(content).TrimStart('\uFEFF');
            }
            catch (DecoderFallbackException)
            {
                // The text is not in this encoding, so the next one is tried.
            }
        }

        return Windows1252.GetString(content);
    }

    private static Encoding? MarkedIn(ReadOnlySpan<byte> content) => content switch
    {
        [0xEF, 0xBB, 0xBF, ..] => Utf8,
        [0xFF, 0xFE, 0x00, 0x00, ..] => Find("utf-32"),
        [0xFF, 0xFE, ..] => Find("utf-16"),
        [0xFE, 0xFF, ..] => Find("utf-16BE"),
        _ => null,
    };

    private static Encoding? DeclaredIn(ReadOnlySpan<byte> content)
    {
        var start = Encoding.Latin1.GetString(content[..Math.Min(content.Length, DeclarationLength)]);
        return Find(Declaration().Match(start) is { Success: true } found ? found.Groups[1].Value : null);
    }

    [GeneratedRegex("""^\s*<\?xml\s[^>]{0,100}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Declaration();
}

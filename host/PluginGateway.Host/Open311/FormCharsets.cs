using System.Text;

namespace PluginGateway.Host.Open311;

/// <summary>The encodings that forms can be sent in: every encoding of .NET that extends ASCII.</summary>
internal static class FormCharsets
{
    /// <summary>The field with which web browsers declare the encoding of a form (RFC 7578, 4.6; HTML, naming form controls).</summary>
    public const string Field = "_charset_";

    /// <summary>Returns the encoding with a name; null if the name is unknown or the encoding is not permitted.</summary>
    public static Encoding? Find(string name)
    {
        var normalised = name.Trim(' ', '"', '\'').ToLowerInvariant() switch
        {
            "utf8" or "us-ascii" or "ascii" => "utf-8",
            // Clients that declare one of these send Windows-1252 (WHATWG Encoding Standard, 4.2).
            "iso-8859-1" or "latin1" => "windows-1252",
            var other => other,
        };
        try
        {
            // UTF-7 would hide markup from filters, and UTF-16 and EBCDIC would hide the delimiters of the form.
            return (CodePagesEncodingProvider.Instance.GetEncoding(normalised) ?? Encoding.GetEncoding(normalised)) is { } found
                && found.GetBytes("a=%&").AsSpan().SequenceEqual("a=%&"u8)
                ? found
                : null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Returns the response to a form in an encoding that is not supported.</summary>
    public static Open311Response NotSupported(string name) => Open311Response.Error(
        StatusCodes.Status415UnsupportedMediaType, $"The charset {WireText.Clean(name.Length > 40 ? name[..40] + "…" : name)} is not supported. Use UTF-8.");
}

namespace PluginGateway.Core.Attachments;

/// <summary>Reads the content of data URLs (RFC 2397).</summary>
internal static class DataUrl
{
    private const string Scheme = "data:";
    private const string Base64 = ";base64";

    public static bool IsDataUrl(string url) => url.AsSpan().TrimStart().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the content of a data URL; null if it is invalid or empty.</summary>
    public static byte[]? Read(string url)
    {
        var text = url.AsSpan().Trim();
        var comma = text.IndexOf(',');
        if (!IsDataUrl(url) || comma < 0)
            return null;

        var data = Uri.UnescapeDataString(text[(comma + 1)..]);
        if (!text[..comma].TrimEnd().EndsWith(Base64, StringComparison.OrdinalIgnoreCase))
            return data.Length == 0 ? null : System.Text.Encoding.Latin1.GetBytes(data);

        // White space is ignored, unless it can only be plus signs that form decoding replaced: other white space occurs in lines.
        var trimmed = data.Trim();
        var encoded = trimmed.AsSpan().ContainsAny('\r', '\n', '\t') ? trimmed : trimmed.Replace(' ', '+');
        var content = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, content, out var length) ? NullIfEmpty(content.AsSpan(0, length)) : null;
    }

    private static byte[]? NullIfEmpty(ReadOnlySpan<byte> content) => content.IsEmpty ? null : content.ToArray();
}

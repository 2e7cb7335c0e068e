namespace PluginGateway.Core.Attachments;

/// <summary>Reads files that are sent within a URL (RFC 2397).</summary>
internal static class DataUri
{
    private const string Scheme = "data:";
    private const string Base64 = ";base64";

    public static bool IsDataUri(string url) => url.AsSpan().TrimStart().StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the content of a data URL; null if it is invalid or empty.</summary>
    public static byte[]? Read(string url)
    {
        var text = url.AsSpan().Trim();
        var comma = text.IndexOf(',');
        if (!IsDataUri(url) || comma < 0)
            return null;

        var data = Uri.UnescapeDataString(text[(comma + 1)..]);
        if (!text[..comma].TrimEnd().EndsWith(Base64, StringComparison.OrdinalIgnoreCase))
            return data.Length == 0 ? null : System.Text.Encoding.Latin1.GetBytes(data);

        // Line breaks and blanks are ignored. A blank can also be a plus sign that was decoded as a form field.
        var content = new byte[data.Length];
        return Convert.TryFromBase64String(data, content, out var length) ? NullIfEmpty(content.AsSpan(0, length))
            : Convert.TryFromBase64String(data.Trim().Replace(' ', '+'), content, out length) ? NullIfEmpty(content.AsSpan(0, length))
            : null;
    }

    private static byte[]? NullIfEmpty(ReadOnlySpan<byte> content) => content.IsEmpty ? null : content.ToArray();
}

using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>An HTTP client that sends exactly the given bytes on a new connection and reads until it closes.</summary>
internal static class RawHttp
{
    public static async Task<(int Status, string Head, string Body)> SendAsync(Uri address, string head, byte[] body)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var stream = client.GetStream();
        var lines = head.ReplaceLineEndings("\r\n").Trim();
        if (body.Length > 0)
            lines += string.Create(CultureInfo.InvariantCulture, $"\r\nContent-Length: {body.Length}");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(lines + "\r\n\r\n"));
        await stream.WriteAsync(body);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer);
        var text = Encoding.UTF8.GetString(answer.ToArray());
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[..end], Unchunk(text[..end], text[(end + 4)..]));
    }

    private static string Unchunk(string head, string body)
    {
        if (!head.Contains("chunked", StringComparison.OrdinalIgnoreCase))
            return body;

        var result = new StringBuilder();
        var bytes = Encoding.UTF8.GetBytes(body).AsSpan();
        while (bytes.IndexOf("\r\n"u8) is > 0 and var line)
        {
            var size = int.Parse(Encoding.ASCII.GetString(bytes[..line]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
                break;
            result.Append(Encoding.UTF8.GetString(bytes.Slice(line + 2, size)));
            bytes = bytes[(line + 2 + size + 2)..];
        }

        return result.ToString();
    }
}

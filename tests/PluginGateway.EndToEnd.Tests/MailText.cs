using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Host.Open311;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Reads the text parts of a mail as a mail program does.</summary>
internal static class MailText
{
    public static string Plain(string mail) => Part(mail, "text/plain");

    public static string Html(string mail) => Part(mail, "text/html");

    public static ApiKeys GetKeys(this IServiceProvider services) => services.GetRequiredService<ApiKeys>();

    private static string Part(string mail, string type)
    {
        var start = mail.IndexOf($"Content-Type: {type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"no quoted-printable UTF-8 part {type}");
        var body = mail.IndexOf("\r\n\r\n", start, StringComparison.Ordinal) + 4;
        var end = mail.IndexOf("\r\n--", body, StringComparison.Ordinal);
        return Decode(mail[body..end]);
    }

    private static string Decode(string text)
    {
        var bytes = new List<byte>();
        text = text.Replace("=\r\n", "", StringComparison.Ordinal);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '=')
            {
                bytes.Add((byte)text[i]);
                continue;
            }

            bytes.Add(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            i += 2;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}

using System.Text;

namespace PluginGateway.Host.Email;

/// <summary>
/// Makes quoted-printable readable: the framework writes a line break as <c>=0D=0A</c> and runs all lines together. RFC 2045 6.7 wants line
/// breaks of a text to be line breaks; what is decoded stays the same.
/// </summary>
internal static class QuotedPrintable
{
    private const int LongestLine = 76;
    private const string Header = "Content-Transfer-Encoding: quoted-printable";

    /// <summary>Refolds every quoted-printable part of a message.</summary>
    /// <param name="message">The message as written: ASCII, lines ending in CRLF.</param>
    public static string Refold(string message)
    {
        var result = new StringBuilder(message.Length + (message.Length / 8));
        var at = 0;
        while (message.IndexOf(Header, at, StringComparison.Ordinal) is >= 0 and var header)
        {
            var body = message.IndexOf("\r\n\r\n", header, StringComparison.Ordinal) + 4;
            var end = message.IndexOf("\r\n--", body, StringComparison.Ordinal);
            if (body < 4 || end < 0)
                break;

            result.Append(message, at, body - at);
            RefoldBody(message[body..end], result);
            at = end;
        }

        return result.Append(message, at, message.Length - at).ToString();
    }

    private static void RefoldBody(string body, StringBuilder result)
    {
        var lines = body.Replace("=\r\n", "", StringComparison.Ordinal).Replace("=0D=0A", "\r\n", StringComparison.Ordinal).Split("\r\n");
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0)
                result.Append("\r\n");
            Fold(EndVisibly(lines[i]), result);
        }
    }

    /// <summary>A blank at the end of a line may be lost on the way.</summary>
    private static string EndVisibly(string line) => line switch
    {
        [.., ' '] => line[..^1] + "=20",
        [.., '\t'] => line[..^1] + "=09",
        _ => line,
    };

    private static void Fold(string line, StringBuilder result)
    {
        var at = 0;
        while (line.Length - at > LongestLine)
        {
            var end = at + LongestLine - 1;
            // An encoded byte stays whole.
            if (line[end - 1] == '=')
                end -= 1;
            else if (line[end - 2] == '=')
                end -= 2;
            result.Append(line, at, end - at).Append("=\r\n");
            at = end;
        }

        result.Append(line, at, line.Length - at);
    }
}

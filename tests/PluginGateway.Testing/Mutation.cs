using System.Text;

namespace PluginGateway.Testing;

/// <summary>Changes bytes as damage and attackers do: flipped bits, extreme numbers, moved blocks, missing ends.</summary>
internal static class Mutation
{
    /// <summary>Pieces that parsers of text treat in a special way.</summary>
    private static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "", "\0", "\uFEFF", "\uFFFD", "\u2028", "\r\n", "\n\n", "\"", "'", "\\", "\\u0000", "\\ud800", "<", ">", "<![CDATA[", "]]>", "<!DOCTYPE a [<!ENTITY b \"c\">]>", "&b;",
            "&#0;", "&#x110000;", "&amp", "<a><a><a><a><a><a><a><a>", "</a>", "{", "}", "[[[[[[[[", "]]]]", ",", ",,,,,,,,", ";", "\t", "=", "&", "%", "%00", "%zz", "%u0000",
            "[]", "[a][b][c]", "attribute[]=", "1e999", "-0", "NaN", "9999999999999999999", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "+99:99", "true", "null",
            "{{", "}}", "{{ while true }}", "{{ for i in 1..1000000000 }}", "{{ end }}", "\"a\" * 1000000000", "--", "--b", "--b--", "\r\n\r\n", "Content-Disposition: form-data; name=\"",
            "Content-Type: text/plain; charset=utf-7", "filename*=utf-8''", "${secret:X}", "\x80", "\xC3", "data:image/png;base64,AAAA",
        }.Select(Encoding.UTF8.GetBytes),
        [0x80], [0xC3, 0x28], [0xF0, 0x28, 0x8C, 0x28], [0xFF, 0xFE], [0xFE, 0xFF], [0x2B, 0x41, 0x44, 0x77, 0x2D],
    ];

    private static readonly uint[] Extremes = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xC000_0000, 0x1FFF_FFFF];

    public static byte[] Of(byte[] original, Random random)
    {
        var result = (byte[])original.Clone();
        // Most interesting structures are small, so changes are close together half of the time.
        var center = random.Next(result.Length);
        for (var changes = 1 + random.Next(8); changes > 0; changes--)
        {
            var at = random.Next(2) == 0 ? random.Next(result.Length) : Math.Clamp(center + random.Next(-64, 64), 0, result.Length - 1);
            switch (random.Next(6))
            {
                case 0:
                    result[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    result[at] = (byte)random.Next(256);
                    break;
                case 2:
                    var number = BitConverter.GetBytes(Extremes[random.Next(Extremes.Length)]);
                    number.AsSpan(0, Math.Min(random.Next(3) switch { 0 => 1, 1 => 2, _ => 4 }, result.Length - at)).CopyTo(result.AsSpan(at));
                    break;
                case 3:
                    var length = Math.Min(random.Next(1, 200), result.Length - at);
                    result.AsSpan(random.Next(result.Length - length + 1), length).CopyTo(result.AsSpan(at));
                    break;
                case 4:
                    result.AsSpan(at, Math.Min(random.Next(1, 64), result.Length - at)).Fill((byte)(random.Next(2) * 255));
                    break;
                case 5 when random.Next(8) == 0:
                    return result[..at];
            }
        }

        return result;
    }

    /// <summary>Changes text: the changes of bytes, and pieces that are inserted, repeated or removed.</summary>
    public static byte[] OfText(byte[] original, Random random)
    {
        var result = random.Next(3) == 0 && original.Length > 0 ? Of(original, random) : original;
        for (var changes = random.Next(5); changes > 0; changes--)
        {
            var at = random.Next(result.Length + 1);
            var length = Math.Min(random.Next(1, 40), result.Length - at);
            result = random.Next(4) switch
            {
                0 => [.. result[..at], .. result[(at + length)..]],
                1 => [.. result[..at], .. Enumerable.Repeat(result[at..(at + length)], random.Next(1, 200)).SelectMany(part => part), .. result[at..]],
                _ => [.. result[..at], .. Pieces[random.Next(Pieces.Length)], .. result[at..]],
            };
        }

        return result;
    }
}

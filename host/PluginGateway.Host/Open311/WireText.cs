using System.Buffers;

namespace PluginGateway.Host.Open311;

/// <summary>Removes the characters that XML 1.0 cannot represent from texts, for both formats.</summary>
internal static class WireText
{
    private static readonly SearchValues<char> Suspect = SearchValues.Create(
        "\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\u000b\f\u000e\u000f"
            + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\ufffe\uffff");

    /// <summary>Removes control characters and lone surrogates. Returns the same string when there are none.</summary>
    public static string Clean(string text)
    {
        if (IsPlain(text) || text.AsSpan().IndexOfAny(Suspect) < 0 && text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            return text;

        return string.Create(Count(text), text, static (span, source) =>
        {
            var at = 0;
            for (var i = 0; i < source.Length; i++)
            {
                var length = Keep(source, i);
                for (var k = 0; k < length; k++)
                    span[at++] = source[i + k];
                i += Math.Max(0, length - 1);
            }
        });
    }

    /// <summary>Cleans a text like <see cref="Clean"/>, and also converts all line ends to line feeds.</summary>
    public static string Lines(string text) => IsPlain(text) ? text : Clean(text.ReplaceLineEndings("\n"));

    /// <summary>Whether a text contains only printable ASCII characters, as most do. Such a text needs no further check.</summary>
    private static bool IsPlain(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;

    private static int Count(string text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var length = Keep(text, i);
            count += length;
            i += Math.Max(0, length - 1);
        }

        return count;
    }

    /// <summary>Returns how many characters are kept at this position: 2 for a surrogate pair, 0 for a character that is removed.</summary>
    private static int Keep(string text, int i)
    {
        if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            return 2;
        return char.IsSurrogate(text[i]) || Suspect.Contains(text[i]) ? 0 : 1;
    }
}

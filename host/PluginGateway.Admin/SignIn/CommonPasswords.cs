using System.Text;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Recognizes passwords that are easy to guess although they are long: a common word or a name around the account, with digits, repetitions or keyboard
/// patterns. Several words that have nothing to do with the account make a good password.
/// </summary>
internal static class CommonPasswords
{
    /// <summary>The number of characters that must be left without names, patterns and one common word.</summary>
    private const int MinRest = 8;

    private const int MinPattern = 3;
    private const int MinKeys = 4;

    private static readonly string[] Keyboards = ["1q2w3e4r5t6y7u8i9o0p", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgb"];

    /// <summary>Names that are the same for every account.</summary>
    private static readonly string[] OwnNames = ["plugingateway", "plugin", "gateway"];

    private static readonly Lazy<IReadOnlyList<string>> Words = new(Read);

    /// <summary>The number of common words.</summary>
    public static int Count => Words.Value.Count;

    /// <summary>Whether a password is easy to guess.</summary>
    /// <param name="password">The password.</param>
    /// <param name="names">The name of the account, and others that somebody who guesses would try.</param>
    public static bool Contains(string password, params IEnumerable<string> names)
    {
        var text = password.ToLowerInvariant();
        var own = names.SelectMany(PartsOf).Concat(OwnNames).OrderByDescending(n => n.Length).ToList();
        // Digits can be digits, or stand for letters.
        return IsEasy(text, own) || IsEasy(string.Concat(text.Select(LetterFor)), own);
    }

    /// <summary>Returns the letter that people replace by this character.</summary>
    private static char LetterFor(char c) => c switch
    {
        '0' => 'o',
        '1' or '!' or '|' => 'i',
        '3' => 'e',
        '4' or '@' => 'a',
        '5' or '$' => 's',
        '7' or '+' => 't',
        '8' => 'b',
        _ => c,
    };

    private static bool IsEasy(string text, IReadOnlyList<string> names)
    {
        foreach (var name in names)
            text = text.Replace(name, " ", StringComparison.Ordinal);
        return RestOf(text) < MinRest
            || Words.Value.Any(word => text.Contains(word, StringComparison.Ordinal) && RestOf(text.Replace(word, " ", StringComparison.Ordinal)) < MinRest);
    }

    /// <summary>Returns the parts of a name: both of "ann.smith", and the whole.</summary>
    private static IEnumerable<string> PartsOf(string name) => name.ToLowerInvariant().Split(['.', '_', '-', '@', ' ']).Append(name.ToLowerInvariant())
        .Where(part => part.Length >= MinPattern);

    /// <summary>Counts the letters and digits outside of patterns: runs like "aaa", "1234" and "4321", and keys beside each other.</summary>
    private static int RestOf(string text)
    {
        var rest = 0;
        for (var at = 0; at < text.Length;)
        {
            var pattern = Math.Max(LengthOfRun(text, at), LengthOfKeys(text, at));
            if (pattern == 0 && char.IsLetterOrDigit(text[at]))
                rest++;
            at += Math.Max(pattern, 1);
        }

        return rest;
    }

    private static int LengthOfRun(string text, int at)
    {
        var longest = 0;
        foreach (var step in (int[])[-1, 0, 1])
        {
            var end = at + 1;
            while (end < text.Length && text[end] - text[end - 1] == step)
                end++;
            longest = Math.Max(longest, end - at);
        }

        return longest >= MinPattern ? longest : 0;
    }

    private static int LengthOfKeys(string text, int at)
    {
        var longest = 0;
        foreach (var keys in Keyboards)
        {
            var length = 0;
            for (var key = keys.IndexOf(text[at], StringComparison.Ordinal); key >= 0 && key < keys.Length; key++, length++)
                if (at + length >= text.Length || text[at + length] != keys[key])
                    break;
            longest = Math.Max(longest, length);
        }

        return longest >= MinKeys ? longest : 0;
    }

    private static List<string> Read()
    {
        using var stream = typeof(CommonPasswords).Assembly.GetManifestResourceStream("Admin/common-words.txt")!;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var words = new List<string>();
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith('#'))
                words.Add(line);
        return words;
    }
}

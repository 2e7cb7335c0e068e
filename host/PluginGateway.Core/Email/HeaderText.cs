using System.Globalization;

namespace PluginGateway.Core.Email;

/// <summary>Texts that go into headers and file names: one line, nothing that a mail program could take for something else.</summary>
internal static class HeaderText
{
    public static string Clean(string? text, int longest = 200)
    {
        if (string.IsNullOrEmpty(text))
            return "";

        var clean = string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < source.Length; i++)
                span[i] = IsBreak(source[i]) ? ' ' : source[i];
        });
        clean = string.Join(' ', clean.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (clean.Length <= longest)
            return clean;

        // Not in the middle of a pair.
        var end = char.IsHighSurrogate(clean[longest - 1]) ? longest - 1 : longest;
        return clean[..end].TrimEnd() + "…";
    }

    private static bool IsBreak(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) is
        UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator;
}

using System.Globalization;

namespace PluginGateway.Core.Email;

/// <summary>Sanitises texts for headers and file names: a single line without control or formatting characters.</summary>
internal static class HeaderText
{
    public static string Clean(string? text, int maxLength = 200)
    {
        if (string.IsNullOrEmpty(text))
            return "";

        var clean = string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < source.Length; i++)
                span[i] = IsBreak(source[i]) ? ' ' : source[i];
        });
        clean = string.Join(' ', clean.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (clean.Length <= maxLength)
            return clean;

        // Do not split a surrogate pair.
        var end = char.IsHighSurrogate(clean[maxLength - 1]) ? maxLength - 1 : maxLength;
        return clean[..end].TrimEnd() + "…";
    }

    private static bool IsBreak(char c) => char.IsControl(c) || char.GetUnicodeCategory(c) is
        UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator;
}

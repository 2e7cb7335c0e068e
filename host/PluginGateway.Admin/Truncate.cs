namespace PluginGateway.Admin;

/// <summary>Long texts where there is no room for them: a page stays below 100 KB whatever is on it.</summary>
internal static class Truncate
{
    private const int SingleLineLength = 120;

    /// <summary>For a line of a list.</summary>
    public static string SingleLine(string text) => text.Length <= SingleLineLength ? text : text[..SingleLineLength] + "…";

    /// <summary>Its beginning, and how much more there is.</summary>
    public static string ToLength(int most, string text) => text.Length <= most ? text : $"{text[..most]}… ({text.Length - most:N0} characters more)";
}

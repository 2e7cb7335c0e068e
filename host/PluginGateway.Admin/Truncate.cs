namespace PluginGateway.Admin;

/// <summary>Shortens long texts, so that every page stays below 100 KB.</summary>
internal static class Truncate
{
    private const int SingleLineLength = 120;

    /// <summary>Shortens a text to one line of a list.</summary>
    public static string SingleLine(string text) => text.Length <= SingleLineLength ? text : text[..SingleLineLength] + "…";

    /// <summary>Shortens a text and appends the number of omitted characters.</summary>
    public static string ToLength(int max, string text) => text.Length <= max ? text : $"{text[..max]}… ({text.Length - max:N0} more characters)";
}

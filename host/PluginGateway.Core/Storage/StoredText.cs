namespace PluginGateway.Core.Storage;

/// <summary>
/// Shortens texts for people (causes, reasons, notices). A column holds 4,000 characters; a longer text is truncated rather than refused.
/// </summary>
internal static class StoredText
{
    private const int MaxLength = 4_000;

    public static string Truncate(string text) => text.Length <= MaxLength ? text : text[..(MaxLength - 1)] + "…";
}

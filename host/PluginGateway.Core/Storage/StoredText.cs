namespace PluginGateway.Core.Storage;

/// <summary>Texts that people read (causes, reasons, notices): a column holds 4,000 characters, and a longer one is cut rather than refused.</summary>
internal static class StoredText
{
    private const int MaxLength = 4_000;

    public static string Clip(string text) => text.Length <= MaxLength ? text : text[..(MaxLength - 1)] + "…";
}

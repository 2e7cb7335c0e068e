using System.Text.RegularExpressions;
using PluginGateway.Contracts;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Reports;

/// <summary>
/// Removes from a text what must not be stored with an attempt: keys, and the reporter's name, e-mail address and telephone number.
/// </summary>
internal static partial class Redaction
{
    private const int MaxLength = 3_999;
    private const string Removed = "[removed]";

    public static string Clean(string text, Reporter? reporter)
    {
        if (text.Length == 0)
            return text;

        var clean = text.Length > MaxLength ? text[..MaxLength] + "…" : text;
        // E-mail addresses are removed before names: removing a name within an address would leave the rest of the address.
        clean = Without(clean, reporter?.Email, reporter?.Phone);
        clean = Email().Replace(clean, Removed);
        clean = Key().Replace(clean, "$1" + Removed);
        clean = Phone().Replace(clean, Removed);
        return StoredText.Truncate(Without(clean, reporter?.LastName, reporter?.FirstName));
    }

    private static string Without(string text, params ReadOnlySpan<string?> known)
    {
        foreach (var word in known)
            if (word is { Length: > 2 })
                text = text.Replace(word, Removed, StringComparison.OrdinalIgnoreCase);
        return text;
    }

    [GeneratedRegex(@"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,255}", RegexOptions.NonBacktracking)]
    private static partial Regex Email();

    [GeneratedRegex(
        @"((?i:api_?key|password|token|authorization|secret)[""']?\s*[=:>]\s*[""']?(?:(?i:bearer|basic)\s+)?)[^\s""'<&,;]+", RegexOptions.NonBacktracking)]
    private static partial Regex Key();

    [GeneratedRegex(@"(?:\+|\b0)[0-9](?:[ ()-]?[0-9]){8,13}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Phone();
}

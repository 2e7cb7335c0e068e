using System.Text;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Sending;

/// <summary>Takes out of a text what must not be stored with an attempt: keys, and the reporter's name, e-mail address and telephone.</summary>
internal static partial class Redaction
{
    private const int Longest = 4_000;
    private const string Removed = "[removed]";

    public static string Clean(string text, Reporter? reporter)
    {
        if (text.Length == 0)
            return text;

        var clean = new StringBuilder(text.Length > Longest ? text[..Longest] + "…" : text);
        foreach (var known in new[] { reporter?.Email, reporter?.Phone, reporter?.LastName, reporter?.FirstName })
            if (known is { Length: > 2 })
                clean.Replace(known, Removed);

        var result = Email().Replace(clean.ToString(), Removed);
        result = Key().Replace(result, "$1" + Removed);
        return Phone().Replace(result, Removed);
    }

    [GeneratedRegex(@"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,255}", RegexOptions.NonBacktracking)]
    private static partial Regex Email();

    [GeneratedRegex(@"((?i:api_?key|password|token|authorization|secret)[""']?\s*[=:>]\s*[""']?(?:(?i:bearer|basic)\s+)?)[^\s""'<&,;]+", RegexOptions.NonBacktracking)]
    private static partial Regex Key();

    [GeneratedRegex(@"(?:\+|\b0)[0-9](?:[ ()-]?[0-9]){8,13}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Phone();
}

namespace PluginGateway.Core.Reports;

/// <summary>The status words of a report, and the plain status (open or closed) that each maps to.</summary>
internal static class StatusWords
{
    private static readonly HashSet<string> ClosedWords = new(StringComparer.Ordinal)
    {
        "closed", "fixed", "duplicate", "not_councils_responsibility", "no_further_action", "internal_referral", "cancelled",
    };

    private static readonly HashSet<string> OpenWords = new(StringComparer.Ordinal)
    {
        "open", "in_progress", "planned", "action_scheduled", "investigating", "reopen", "for_triage", "unchanged",
    };

    public static IReadOnlyCollection<string> Closed => ClosedWords;

    public static string Plain(string status) => ClosedWords.Contains(status) ? "closed" : "open";

    public static bool IsKnown(string word) => ClosedWords.Contains(word) || OpenWords.Contains(word);
}

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>Joins and formats inputs of rules.</summary>
public static class RuleText
{
    /// <summary>Separates the answers to a question that accepts several. No answer contains this control character.</summary>
    public const char Separator = '\u001F';

    private const int MaxTraceLength = 60;

    /// <summary>Joins answers into one input, in which rules can test each answer separately.</summary>
    /// <param name="answers">The answers.</param>
    /// <returns>The input.</returns>
    public static string Of(IReadOnlyList<string> answers) => answers is [var only] ? only : string.Join(Separator, answers ?? []);

    /// <summary>Returns an input as readable text, with its answers separated by commas.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The text.</returns>
    public static string ToDisplayText(string input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.Replace($"{Separator}", ", ", StringComparison.Ordinal);
    }

    /// <summary>Returns an input for a trace, truncated so that the trace does not contain long texts of reporters.</summary>
    internal static string ForTrace(string input) => ToDisplayText(input) is var text && text.Length > MaxTraceLength ? text[..MaxTraceLength] + "…" : text;
}

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>Inputs as texts.</summary>
public static class RuleText
{
    /// <summary>Stands between the answers to a question that takes several: a character that no answer holds.</summary>
    public const char Separator = '\u001F';

    private const int MaxTraceLength = 60;

    /// <summary>Answers as an input of rules: each can be tested by itself.</summary>
    /// <param name="answers">The answers.</param>
    /// <returns>The input.</returns>
    public static string Of(IReadOnlyList<string> answers) => answers is [var only] ? only : string.Join(Separator, answers ?? []);

    /// <summary>An input as people read it.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The text.</returns>
    public static string Shown(string input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.Replace($"{Separator}", ", ", StringComparison.Ordinal);
    }

    /// <summary>A trace says how something was decided; what people wrote at length does not belong there.</summary>
    internal static string ForTrace(string input) => Shown(input) is var text && text.Length > MaxTraceLength ? text[..MaxTraceLength] + "…" : text;
}

namespace PluginGateway.Core.Auditing;

/// <summary>The outcome of an action: whether it was done, and its result or the reason for the refusal.</summary>
internal sealed record ActionOutcome(bool Done, string Text)
{
    public static ActionOutcome Yes(string text) => new(true, text);

    public static ActionOutcome No(string text) => new(false, text);
}

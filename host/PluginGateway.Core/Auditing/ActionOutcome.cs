namespace PluginGateway.Core.Auditing;

/// <summary>Whether an action was done, and its result or the reason why not.</summary>
internal sealed record ActionOutcome(bool Done, string Text)
{
    public static ActionOutcome Yes(string text) => new(true, text);

    public static ActionOutcome No(string text) => new(false, text);
}

using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.PluginHosting;

/// <summary>What a stage of the plug-in pipeline gives: the next thing, or the reason why there is none.</summary>
internal readonly record struct StageOutcome<T>
    where T : class
{
    private StageOutcome(T? value, string? reason)
    {
        Value = value;
        Reason = reason;
    }

    public T? Value { get; }

    public string? Reason { get; }

    public static StageOutcome<T> Passed(T value) => new(value, null);

    public static StageOutcome<T> Refused(string reason) => new(null, reason);

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? reason)
    {
        value = Value;
        reason = value is null ? Reason ?? "no reason was given" : null;
        return value is not null;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.PluginHosting;

/// <summary>The result of a stage of the plug-in pipeline: a value, or the reason for a refusal.</summary>
internal readonly record struct StageOutcome<T>
    where T : class
{
    private StageOutcome(T? value, Refusal? refusal)
    {
        Value = value;
        Refusal = refusal;
    }

    public T? Value { get; }

    public Refusal? Refusal { get; }

    public static StageOutcome<T> Passed(T value) => new(value, null);

    public static StageOutcome<T> Refused(string reason, RefusalKind kind = RefusalKind.Final) => new(null, new Refusal(reason, kind));

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = Value;
        refusal = value is null ? Refusal ?? new Refusal("no reason was given", RefusalKind.Final) : null;
        return value is not null;
    }
}

/// <summary>Why a stage refused a plug-in.</summary>
internal sealed record Refusal(string Reason, RefusalKind Kind);

internal enum RefusalKind
{
    /// <summary>The same files are refused every time.</summary>
    Final,

    /// <summary>The files may still be being copied; the refusal counts only if they remain unchanged.</summary>
    Incomplete,

    /// <summary>It did not finish in time, which may be because the machine is busy; it is processed again.</summary>
    Delayed,

    /// <summary>The plug-in failed when it ran. The same files are not loaded again, even after a restart, until an operator lifts the quarantine.</summary>
    Quarantine,
}

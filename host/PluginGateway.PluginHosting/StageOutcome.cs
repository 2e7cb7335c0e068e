using System.Diagnostics.CodeAnalysis;

namespace PluginGateway.PluginHosting;

/// <summary>What a stage of the plug-in pipeline gives: the next thing, or why there is none.</summary>
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

/// <summary>Why a stage did not pass.</summary>
internal sealed record Refusal(string Reason, RefusalKind Kind);

internal enum RefusalKind
{
    /// <summary>The same files give the same answer every time.</summary>
    Final,

    /// <summary>It looks as if a copy were still under way; believed only when the files stay as they are.</summary>
    Incomplete,

    /// <summary>It ran and did not do: these bytes are not tried again, also not after a restart, until an operator says so.</summary>
    Quarantine,
}

using PluginGateway.Contracts;

namespace PluginGateway.Core.Adapters;

/// <summary>The outcome of a call into a plug-in. Contains only records and strings, because an exception object would keep the plug-in in memory.</summary>
internal abstract record AdapterOutcome<T>
{
    private AdapterOutcome()
    {
    }

    /// <summary>The call returned a result.</summary>
    public sealed record Answered(T Value, int Generation) : AdapterOutcome<T>;

    /// <summary>The call failed.</summary>
    public sealed record Failed(AdapterFailure Failure, int Generation) : AdapterOutcome<T>;

    /// <summary>No call was made: the plug-in is missing, the settings are invalid, the capability is not supported, or earlier calls have not ended.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Message) : AdapterOutcome<T>;
}

internal enum UnavailableReason
{
    NoPlugin,
    WrongSettings,
    NotSupported,

    /// <summary>Earlier calls that have not ended occupy all places of the adapter.</summary>
    Stuck,
}

/// <summary>Describes a failed call.</summary>
internal sealed record AdapterFailure
{
    /// <summary>The kind that the adapter reported; null if it reported none or did not return.</summary>
    public FailureKind? Kind { get; init; }

    /// <summary>A message that may be shown to clients.</summary>
    public required string Message { get; init; }

    /// <summary>The details for operators; not redacted yet.</summary>
    public string Detail { get; init; } = "";

    public TimeSpan? After { get; init; }

    public bool SlowDown { get; init; }

    public bool StopSending { get; init; }
}

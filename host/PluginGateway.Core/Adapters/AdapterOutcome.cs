using PluginGateway.Contracts;

namespace PluginGateway.Core.Adapters;

/// <summary>How a call into a plug-in ended. Holds records and texts only: an exception object would keep the plug-in in memory.</summary>
internal abstract record AdapterOutcome<T>
{
    private AdapterOutcome()
    {
    }

    /// <summary>It answered.</summary>
    public sealed record Answered(T Value, int Generation) : AdapterOutcome<T>;

    /// <summary>It failed.</summary>
    public sealed record Failed(AdapterFailure Failure, int Generation) : AdapterOutcome<T>;

    /// <summary>It was not called: the plug-in is missing, its settings are wrong, the adapter cannot do this, or its earlier calls do not end.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Message) : AdapterOutcome<T>;
}

internal enum UnavailableReason
{
    NoPlugin,
    WrongSettings,
    NotSupported,

    /// <summary>Earlier calls keep all that the adapter may have of this process.</summary>
    Stuck,
}

/// <summary>A failed call, as values.</summary>
internal sealed record AdapterFailure
{
    /// <summary>What the adapter said it is; null when it did not say, or did not come back.</summary>
    public FailureKind? Kind { get; init; }

    /// <summary>May be shown to clients.</summary>
    public required string Message { get; init; }

    /// <summary>For operators; not redacted yet.</summary>
    public string Detail { get; init; } = "";

    public TimeSpan? After { get; init; }

    public bool SlowDown { get; init; }
}

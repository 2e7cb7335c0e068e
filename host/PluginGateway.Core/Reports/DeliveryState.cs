namespace PluginGateway.Core.Reports;

/// <summary>Where a delivery stands. The numbers are in the database.</summary>
internal enum DeliveryState
{
    Pending = 0,
    Sending = 1,
    Sent = 2,
    Retrying = 3,

    /// <summary>It may have arrived: asked for before anything is sent again.</summary>
    Unknown = 4,

    /// <summary>Needs an operator.</summary>
    Held = 5,

    /// <summary>Given up.</summary>
    Failed = 6,
    Cancelled = 7,
}

internal enum DeliveryKind
{
    Report = 1,
    Copy = 2,
    Update = 3,
    FollowUp = 4,
    Push = 5,
}

/// <summary>Why a waiting delivery may not be claimed.</summary>
internal enum DeliveryHold
{
    None = 0,
    Paused = 1,

    /// <summary>Until the delivery it comes after is settled: an earlier revision, its report, the follow-up before.</summary>
    WaitsForEarlier = 2,
}

/// <summary>How an attempt ended.</summary>
internal enum AttemptOutcome
{
    Running = 0,
    Accepted = 1,
    Transient = 2,
    Rejected = 3,
    Misconfigured = 4,
    NotYet = 5,
    Unknown = 6,

    /// <summary>The gateway stopped in the middle.</summary>
    Interrupted = 7,

    /// <summary>The back end was asked and does not have it.</summary>
    Absent = 8,

    /// <summary>The adapter could not be called.</summary>
    Unavailable = 9,

    /// <summary>Nothing was tried: a person must decide.</summary>
    NeedsOperator = 10,
}

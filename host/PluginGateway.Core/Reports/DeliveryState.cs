namespace PluginGateway.Core.Reports;

/// <summary>The state of a delivery. The numbers are stored in the database.</summary>
internal enum DeliveryState
{
    Pending = 0,
    Sending = 1,
    Sent = 2,
    Retrying = 3,

    /// <summary>The report may have been delivered. The back end is asked before anything is sent again.</summary>
    Unknown = 4,

    /// <summary>Needs an operator.</summary>
    Held = 5,

    /// <summary>Permanently failed.</summary>
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

/// <summary>Why a waiting delivery cannot be claimed.</summary>
internal enum DeliveryHold
{
    None = 0,
    Paused = 1,

    /// <summary>Waits for an earlier delivery: an earlier revision, the report itself, the previous follow-up or an earlier update.</summary>
    WaitsForEarlier = 2,
}

/// <summary>The outcome of an attempt.</summary>
internal enum AttemptOutcome
{
    Running = 0,
    Accepted = 1,
    Transient = 2,
    Rejected = 3,
    Misconfigured = 4,
    NotYet = 5,
    Unknown = 6,

    /// <summary>The gateway stopped during the attempt.</summary>
    Interrupted = 7,

    /// <summary>The back end was asked and does not have the report.</summary>
    Absent = 8,

    /// <summary>The adapter could not be called.</summary>
    Unavailable = 9,

    /// <summary>No attempt was made, because an operator must decide.</summary>
    NeedsOperator = 10,
}

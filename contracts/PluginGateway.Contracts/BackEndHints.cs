namespace PluginGateway.Contracts;

/// <summary>
/// Limits that an adapter suggests for its back-end system. A council file overrides each of them; where neither states a value, the
/// gateway's default applies.
/// </summary>
public sealed record BackEndHints
{
    /// <summary>
    /// The time allowed for one call, at most 400 seconds. The council file's <c>attemptWithin</c> overrides it; the gateway's default is
    /// 120 seconds.
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// The number of calls in progress at the same time, 1 to 100, shared by all hosts of the gateway. The council file's <c>limit</c>
    /// overrides it; the gateway's default is 4.
    /// </summary>
    public int? MaxConcurrentCalls { get; init; }

    /// <summary>
    /// The number of calls per minute, 1 to 60,000, shared by all hosts of the gateway. The council file's <c>rate</c> overrides it; by
    /// default there is no such limit.
    /// </summary>
    public int? MaxCallsPerMinute { get; init; }
}

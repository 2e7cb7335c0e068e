namespace PluginGateway.Contracts;

/// <summary>
/// Limits that an adapter suggests for its back-end system. A council file overrides each of them; where neither states a value, the
/// gateway's default applies. They limit attempts: the calls that send reports and updates, run follow-ups and search for reports.
/// </summary>
/// <remarks>Numbers outside the permitted range are clamped to it; a time limit of zero or less is ignored.</remarks>
public sealed record BackEndHints
{
    /// <summary>
    /// The time allowed for one call, at most 400 seconds. The council file's <c>attemptWithin</c> overrides it; the gateway's default is
    /// 120 seconds.
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// The maximum number of concurrent calls from all hosts together, 1 to 100. The council file's <c>limit</c> overrides it; the gateway's
    /// default is 4.
    /// </summary>
    public int? MaxConcurrentCalls { get; init; }

    /// <summary>
    /// The maximum number of calls per minute from all hosts together, 1 to 60,000. The council file's <c>rate</c> overrides it; by default,
    /// the number is not limited.
    /// </summary>
    public int? MaxCallsPerMinute { get; init; }
}

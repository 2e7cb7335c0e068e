using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Adapters;

/// <summary>The limits of a back end: from its council file, else from the hints of its adapter, else the defaults of the gateway.</summary>
internal sealed record BackEndLimits
{
    private const int DefaultConcurrentCalls = 4;

    /// <summary>The maximum number of concurrent calls from all hosts together.</summary>
    public required int ConcurrentCalls { get; init; }

    /// <summary>The maximum number of calls per minute from all hosts together; null for no limit.</summary>
    public required int? CallsPerMinute { get; init; }

    /// <summary>The time limit of one call; null for the setting <c>Sending:AttemptWithin</c>.</summary>
    public required TimeSpan? TimeLimit { get; init; }

    /// <param name="backEnd">The back end, as its council file describes it.</param>
    /// <param name="hints">The hints of its adapter; values outside the permitted range are clamped.</param>
    public static BackEndLimits Of(BackEnd backEnd, BackEndHints? hints) => new()
    {
        ConcurrentCalls = backEnd.Limit ?? Within(hints?.MaxConcurrentCalls, 100) ?? DefaultConcurrentCalls,
        CallsPerMinute = backEnd.Rate ?? Within(hints?.MaxCallsPerMinute, 60_000),
        TimeLimit = backEnd.AttemptWithin ?? Within(hints?.TimeLimit),
    };

    private static int? Within(int? hint, int max) => hint is { } value ? Math.Clamp(value, 1, max) : null;

    private static TimeSpan? Within(TimeSpan? hint) =>
        hint is { } value && value > TimeSpan.Zero ? TimeSpan.FromTicks(Math.Min(value.Ticks, TimeSpan.FromSeconds(400).Ticks)) : null;
}

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>Stops sending for a council, one of its back ends, or one of its services. Reports are still accepted and wait.</summary>
internal sealed class Suspension
{
    public long Id { get; init; }

    public string Council { get; init; } = "";

    /// <summary>The back end; empty for all.</summary>
    public string BackEnd { get; init; } = "";

    /// <summary>The code of the service; empty for all.</summary>
    public string Service { get; init; } = "";

    public SuspensionKind Kind { get; init; }

    public string Reason { get; init; } = "";

    public string ByWhom { get; init; } = "";

    public long Since { get; init; }

    /// <summary>When it ends automatically; 0 for never.</summary>
    public long Until { get; init; }

    /// <summary>The version of the council file when sending stopped. Another version ends the suspension.</summary>
    public string Settings { get; init; } = "";

    /// <summary>The number of single deliveries that operators have allowed, in addition to the rate.</summary>
    public long Allowed { get; init; }

    /// <summary>The number of deliveries per minute that it lets through since <see cref="RateFrom"/>; 0 for none.</summary>
    public long PerMinute { get; init; }

    public long RateFrom { get; init; }

    /// <summary>The number of deliveries that it has let through.</summary>
    public long Used { get; init; }

    public bool IsPause => Kind == SuspensionKind.Pause;

    /// <summary>
    /// Returns how many deliveries it lets through now. The first delivery of a rate is let through immediately. Invalid settings let through one
    /// delivery per probe interval; unclear answers let through only those that operators have allowed.
    /// </summary>
    public int CallsAllowed(long now, TimeSpan settingsProbe)
    {
        if (Kind == SuspensionKind.UnclearAnswers)
            return Allowed > 0 ? 1 : 0;
        if (Kind == SuspensionKind.Settings)
            return Allowed > 0 || now - Math.Max(Since, RateFrom) >= settingsProbe.TotalMilliseconds ? 1 : 0;

        return (int)Math.Clamp(AccruedCalls(now) - Used - ExpiredCalls(now), 0, int.MaxValue);
    }

    /// <summary>
    /// Returns how many deliveries the rate allowed that were not sent in time. Such allowances expire after some seconds, because otherwise an outage
    /// would end in a burst of calls.
    /// </summary>
    public long ExpiredCalls(long now) => PerMinute == 0 ? 0 : Math.Max(0, AccruedCalls(now) - Used - Math.Max(2, PerMinute / 6));

    private long AccruedCalls(long now) => Allowed + (PerMinute == 0 || now < RateFrom ? 0 : 1 + ((now - RateFrom) * PerMinute / 60_000));

    /// <summary>
    /// Whether it stops sending to a back end. Copies that are configured to be sent despite a pause are stopped only by the other kinds.
    /// </summary>
    public bool AppliesTo(Councils.BackEnd backEnd) => Covers(backEnd.Council, backEnd.Name) && !(backEnd.EvenIfPaused && Kind == SuspensionKind.Pause);

    public bool Covers(string council, string backEnd) => Council == council && (BackEnd.Length == 0 || BackEnd == backEnd);
}

internal enum SuspensionKind
{
    Pause = 1,
    Settings = 2,

    /// <summary>
    /// The back end's answers suggest that its settings are wrong, and leave open whether it has the report. Every further report would need an
    /// operator, so none is sent as a test.
    /// </summary>
    UnclearAnswers = 3,
}

/// <summary>The values of <see cref="SuspensionKind"/> for SQL statements.</summary>
internal static class SuspensionKinds
{
    public const string Pause = "1";
    public const string Settings = "2";
}

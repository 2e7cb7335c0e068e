namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>Nothing is sent for a council, one of its back ends, or one of its services; nothing is lost meanwhile.</summary>
internal sealed class Suspension
{
    public long Id { get; init; }

    public string Council { get; init; } = "";

    /// <summary>Empty for all.</summary>
    public string BackEnd { get; init; } = "";

    /// <summary>Empty for all.</summary>
    public string Service { get; init; } = "";

    public SuspensionKind Kind { get; init; }

    public string Reason { get; init; } = "";

    public string ByWhom { get; init; } = "";

    public long Since { get; init; }

    /// <summary>When it ends by itself; 0 for never.</summary>
    public long Until { get; init; }

    /// <summary>The version of the council file under which the settings were wrong: another one ends the suspension.</summary>
    public string Settings { get; init; } = "";

    /// <summary>How many may go in spite of it.</summary>
    public long Allowed { get; init; }

    /// <summary>How many may go every minute since <see cref="RateFrom"/>; 0 for none.</summary>
    public long PerMinute { get; init; }

    public long RateFrom { get; init; }

    /// <summary>How many of those went.</summary>
    public long Used { get; init; }

    /// <summary>How many deliveries it lets through now. The first of a rate goes at once; of wrong settings, one is tried now and then.</summary>
    public int CallsAllowed(long now, TimeSpan settingsProbe)
    {
        if (Kind == SuspensionKind.Settings)
            return Allowed > 0 || now - Math.Max(Since, RateFrom) >= settingsProbe.TotalMilliseconds ? 1 : 0;

        return (int)Math.Clamp(AccruedCalls(now) - Used - HasExpired(now), 0, int.MaxValue);
    }

    /// <summary>What a rate would have let through but nothing took: after some seconds that is forgotten, or an outage would end in a flood.</summary>
    public long HasExpired(long now) => PerMinute == 0 ? 0 : Math.Max(0, AccruedCalls(now) - Used - Math.Max(2, PerMinute / 6));

    private long AccruedCalls(long now) => Allowed + (PerMinute == 0 || now < RateFrom ? 0 : 1 + ((now - RateFrom) * PerMinute / 60_000));

    /// <summary>Whether it keeps a back end from sending; copies that are to go in spite of a pause are kept by wrong settings only.</summary>
    public bool AppliesTo(Councils.BackEnd backEnd) => Covers(backEnd.Council, backEnd.Name) && !(backEnd.EvenIfPaused && Kind == SuspensionKind.Pause);

    public bool Covers(string council, string backEnd) => Council == council && (BackEnd.Length == 0 || BackEnd == backEnd);
}

internal enum SuspensionKind
{
    Pause = 1,
    Settings = 2,
}

/// <summary>The same, as the text of a statement has them.</summary>
internal static class SuspensionKinds
{
    public const string Pause = "1";
    public const string Settings = "2";
}

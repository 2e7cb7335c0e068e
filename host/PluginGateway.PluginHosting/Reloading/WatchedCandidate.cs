using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.PluginHosting.Reloading;

/// <summary>The reloader's state for one path in the plug-ins folder.</summary>
internal sealed class WatchedCandidate(PluginCandidate candidate)
{
    public PluginCandidate Candidate { get; } = candidate;

    public string Stamp { get; private set; } = "";

    /// <summary>Whether it is an empty folder.</summary>
    public bool IsEmpty => Stamp.Length == 0;

    /// <summary>The time of the last change that was observed in its files.</summary>
    public DateTimeOffset StableSince { get; private set; }

    /// <summary>The time of the first change since it was last processed.</summary>
    public DateTimeOffset ChangingSince { get; private set; }

    /// <summary>Whether it has been processed in its current state.</summary>
    public bool IsDone { get; private set; }

    public DateTimeOffset DoneAt { get; private set; }

    /// <summary>The time before which it is not processed again, because it seemed incomplete.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>The time since which it has been missing; null while it is present.</summary>
    public DateTimeOffset? GoneSince { get; set; }

    /// <summary>Records the current stamp of its files.</summary>
    public void Observe(string stamp, DateTimeOffset now)
    {
        GoneSince = null;
        if (stamp == Stamp)
            return;

        if (IsDone || Stamp.Length == 0)
            ChangingSince = now;
        (Stamp, StableSince, IsDone) = (stamp, now, false);
    }

    public void Done(DateTimeOffset now) => (IsDone, DoneAt) = (true, now);

    /// <summary>Causes it to be processed again although nothing has changed, because the reason for a refusal may no longer apply.</summary>
    public void Reset() => (IsDone, NotBefore) = (false, default);
}

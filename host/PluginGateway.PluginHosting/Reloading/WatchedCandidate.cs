using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.PluginHosting.Reloading;

/// <summary>What the reloader knows of one path in the plug-ins folder.</summary>
internal sealed class WatchedCandidate(PluginCandidate candidate)
{
    public PluginCandidate Candidate { get; } = candidate;

    public string Stamp { get; private set; } = "";

    /// <summary>Whether it is a folder with nothing in it.</summary>
    public bool IsEmpty => Stamp.Length == 0;

    /// <summary>Since when its files are as they are.</summary>
    public DateTimeOffset StableSince { get; private set; }

    /// <summary>Since when they have been changing.</summary>
    public DateTimeOffset ChangingSince { get; private set; }

    /// <summary>Whether it was taken as it is now.</summary>
    public bool IsDone { get; private set; }

    public DateTimeOffset DoneAt { get; private set; }

    /// <summary>It looked incomplete: it is not taken again before this time.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>Since when it is gone; null while it is there.</summary>
    public DateTimeOffset? GoneSince { get; set; }

    /// <summary>Sees its files.</summary>
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

    /// <summary>Looks at it again although nothing changed: what spoke against it may be gone.</summary>
    public void Reset() => (IsDone, NotBefore) = (false, default);
}

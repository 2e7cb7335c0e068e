using PluginGateway.Contracts;
using PluginGateway.Core.Updates;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>
/// Simulates FixMyStreet's polling of updates: requests the last two hours every five minutes and the last day every night, ignores updates
/// outside the requested window, accepts each id once, and changes a report's state only with updates newer than the last.
/// </summary>
internal sealed class FixMyStreetPoller
{
    private readonly Dictionary<string, (DateTimeOffset Time, string State)> _states = new(StringComparer.Ordinal);

    /// <summary>The ids of the accepted updates.</summary>
    public HashSet<string> Accepted { get; } = new(StringComparer.Ordinal);

    public string State(string report) => _states[report].State;

    public async Task PollAsync(Func<DateTimeOffset, DateTimeOffset, Task<IReadOnlyList<ServedUpdate>>> get, DateTimeOffset now, bool nightly)
    {
        var start = now.AddHours(nightly ? -24 : -2);
        foreach (var served in await get(start, now))
        {
            // FixMyStreet compares times as texts in whole seconds.
            var time = new DateTimeOffset(served.Time.Ticks - (served.Time.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
            if (time >= start && time <= now && Accepted.Add(served.Update.UpdateId))
                Accept(served.ReportId, time, served.Update);
        }
    }

    private void Accept(string report, DateTimeOffset time, CouncilUpdate update)
    {
        var known = _states.TryGetValue(report, out var last);
        if (known && time <= last.Time)
            return;
        _states[report] = (time, update.Status == "unchanged" ? (known ? last.State : "open") : update.Status);
    }
}

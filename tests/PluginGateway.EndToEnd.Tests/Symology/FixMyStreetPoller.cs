using PluginGateway.Contracts;
using PluginGateway.Core.Updates;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>
/// FixMyStreet's side of the updates: asks the last two hours every five minutes and the last day every night, drops what lies outside of the
/// window it asked, takes an id once, and sets a report's state only by what is newer than the last.
/// </summary>
internal sealed class FixMyStreetPoller
{
    private readonly Dictionary<string, (DateTimeOffset Time, string State)> _states = new(StringComparer.Ordinal);

    /// <summary>The ids it took.</summary>
    public HashSet<string> Taken { get; } = new(StringComparer.Ordinal);

    public string State(string report) => _states[report].State;

    public async Task PollAsync(Func<DateTimeOffset, DateTimeOffset, Task<IReadOnlyList<ServedUpdate>>> get, DateTimeOffset now, bool nightly)
    {
        var start = now.AddHours(nightly ? -24 : -2);
        foreach (var served in await get(start, now))
        {
            // As it compares them: as texts of whole seconds.
            var time = new DateTimeOffset(served.Time.Ticks - (served.Time.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
            if (time >= start && time <= now && Taken.Add(served.Update.UpdateId))
                Take(served.ReportId, time, served.Update);
        }
    }

    private void Take(string report, DateTimeOffset time, CouncilUpdate update)
    {
        var known = _states.TryGetValue(report, out var last);
        if (known && time <= last.Time)
            return;
        _states[report] = (time, update.Status == "unchanged" ? (known ? last.State : "open") : update.Status);
    }
}

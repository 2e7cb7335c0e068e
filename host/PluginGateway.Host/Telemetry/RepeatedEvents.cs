using System.Collections.Concurrent;

namespace PluginGateway.Host.Telemetry;

/// <summary>
/// Limits log events that can repeat with every call, for example during an outage. The first event of a kind is logged; those of the following minute are
/// counted, and a line at its end says how many there were.
/// </summary>
internal sealed class RepeatedEvents(TimeProvider time)
{
    /// <summary>More kinds than this in a minute are counted together.</summary>
    private const int MaxKinds = 1_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>The events that are limited, and the values that make two of them different kinds.</summary>
    private static readonly Dictionary<int, string[]> Limited = new()
    {
        [120] = ["Address"],
        [1000] = [],
        [1001] = [],
        [1002] = [],
        [1003] = ["BackEnd", "Problem"],
        [1004] = ["Council", "Method", "Status", "Code"],
        [1005] = [],
        [5002] = [],
        [5004] = ["BackEnd"],
        [8007] = ["BackEnd"],
        [8009] = [],
        [9002] = [],
        [9003] = [],
        [9004] = [],
        [9005] = [],
        [9006] = [],
    };

    private readonly ConcurrentDictionary<string, Kind> _kinds = new(StringComparer.Ordinal);

    /// <summary>Whether an event should be logged. If not, it is counted.</summary>
    /// <param name="log">The logger that will log the count.</param>
    /// <param name="level">The level of the event.</param>
    /// <param name="id">The id of the event.</param>
    /// <param name="values">The values of its message.</param>
    /// <param name="exception">Its exception. Exceptions of different types are different kinds.</param>
    public bool Admits(ILogger log, LogLevel level, EventId id, object? values, Exception? exception)
    {
        if (!Limited.TryGetValue(id.Id, out var names))
            return true;

        var shown = names.Length > 0 && values is IReadOnlyList<KeyValuePair<string, object?>> all && _kinds.Count < MaxKinds
            ? string.Join(", ", all.Where(v => names.Contains(v.Key, StringComparer.Ordinal)).Select(v => $"{v.Key}: {v.Value}"))
            : "";
        var key = $"{id.Id}\n{exception?.GetType()}\n{shown}";
        while (true)
        {
            if (_kinds.TryGetValue(key, out var known) && known.Count())
                return false;

            var kind = new Kind(count => log.Repeated(level, id.Name ?? "", id.Id, count, shown.Length > 0 ? $" {shown}." : ""));
            if (!_kinds.TryAdd(key, kind))
                continue;

            kind.Ends = time.CreateTimer(_ => End(key, kind), null, Window, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>Logs the counts so far.</summary>
    public void EndAll()
    {
        foreach (var (key, kind) in _kinds)
            End(key, kind);
    }

    private void End(string key, Kind kind)
    {
        if (_kinds.TryRemove(new KeyValuePair<string, Kind>(key, kind)))
            kind.End();
    }

    private sealed class Kind(Action<long> report)
    {
        private readonly Lock _lock = new();
        private long _count;
        private bool _ended;

        public ITimer? Ends { get; set; }

        /// <returns>False if the minute is over.</returns>
        public bool Count()
        {
            lock (_lock)
            {
                if (!_ended)
                    _count++;
                return !_ended;
            }
        }

        /// <summary>Reports the number of events that were counted.</summary>
        public void End()
        {
            lock (_lock)
                _ended = true;
            Ends?.Dispose();
            if (_count > 0)
                report(_count);
        }
    }
}

internal static partial class RepeatedEventsLog
{
    [LoggerMessage(EventId = 113, Message = "{Event} (event {Id}) was logged once and happened {Count} more times within a minute.{Values}")]
    public static partial void Repeated(this ILogger log, LogLevel level, string @event, int id, long count, string values);
}

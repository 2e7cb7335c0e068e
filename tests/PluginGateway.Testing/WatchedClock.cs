using Microsoft.Extensions.Time.Testing;

namespace PluginGateway.Testing;

/// <summary>A fake clock that counts the timers due at a time. A test advances it only when the tested code is waiting.</summary>
internal sealed class WatchedClock() : FakeTimeProvider(Some.Time)
{
    private readonly Lock _lock = new();
    private readonly List<WatchedTimer> _timers = [];

    /// <summary>Returns the number of timers that are due at exactly this time.</summary>
    public int TimersDueAt(DateTimeOffset due)
    {
        lock (_lock)
            return _timers.Count(t => t.Due == due);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WatchedTimer(this, DueAt(dueTime));
        lock (_lock)
            _timers.Add(timer);
        timer.Inner = base.CreateTimer(callback, state, dueTime, period);
        return timer;
    }

    private DateTimeOffset DueAt(TimeSpan dueTime) => dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : GetUtcNow() + dueTime;

    private sealed class WatchedTimer(WatchedClock clock, DateTimeOffset due) : ITimer
    {
        public ITimer Inner { get; set; } = null!;

        public DateTimeOffset Due { get; private set; } = due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = clock.DueAt(dueTime);
            return Inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            lock (clock._lock)
                clock._timers.Remove(this);
            Inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

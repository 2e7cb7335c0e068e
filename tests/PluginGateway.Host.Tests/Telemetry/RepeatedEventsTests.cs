using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Host.Telemetry;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Telemetry;

public sealed class RepeatedEventsTests
{
    private static readonly EventId Unavailable = new(1001, "DatabaseUnavailable");
    private static readonly EventId Refused = new(1004, "CallRefused");
    private static readonly EventId Accepted = new(5006, "Accepted");

    private readonly FakeTimeProvider _clock = new();
    private readonly CollectingLogger<RepeatedEventsTests> _log = new();
    private readonly RepeatedEvents _events;

    public RepeatedEventsTests() => _events = new RepeatedEvents(_clock);

    [Fact]
    public void Event_is_logged_once_a_minute_and_counted()
    {
        Assert.Equal(1, Enumerable.Range(0, 500).Count(_ => Admits(Unavailable)));
        Assert.Empty(_log.Lines);

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["Warning: DatabaseUnavailable (event 1001) was logged once and happened 499 more times within a minute."], _log.Lines);
        Assert.True(Admits(Unavailable));

        // A single event needs no count.
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(_log.Lines);
    }

    [Fact]
    public void Kinds_are_counted_separately()
    {
        Assert.True(Admits(Refused, ("Council", "a"), ("Status", 403)));
        Assert.True(Admits(Refused, ("Council", "b"), ("Status", 403)));
        Assert.True(Admits(Refused, ("Council", "a"), ("Status", 400)));
        Assert.False(Admits(Refused, ("Council", "a"), ("Status", 403), ("RequestId", "other")));
        _events.EndAll();
        Assert.Equal(["Warning: CallRefused (event 1004) was logged once and happened 1 more times within a minute. Council: a, Status: 403."], _log.Lines);
        Assert.True(_events.Admits(_log, LogLevel.Error, Unavailable, null, new InvalidOperationException()));
        Assert.True(_events.Admits(_log, LogLevel.Error, Unavailable, null, new ArgumentException()));
    }

    [Fact]
    public void Number_of_kinds_is_limited() => Assert.InRange(
        Enumerable.Range(0, 50_000).Count(i => Admits(Refused, ("Council", $"council {i}"))), 1, 1_001);

    [Fact]
    public void Other_events_are_never_limited() => Assert.All(Enumerable.Range(0, 500), _ => Assert.True(Admits(Accepted)));

    [Fact]
    public async Task Concurrent_events_are_all_counted()
    {
        var admitted = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1_000; i++)
                if (Admits(Unavailable))
                    Interlocked.Increment(ref admitted);
        })));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1, admitted);
        Assert.Contains(" 7999 ", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private bool Admits(EventId id, params (string Name, object Value)[] values) =>
        _events.Admits(_log, LogLevel.Warning, id, values.Select(v => KeyValuePair.Create(v.Name, (object?)v.Value)).ToList(), null);
}

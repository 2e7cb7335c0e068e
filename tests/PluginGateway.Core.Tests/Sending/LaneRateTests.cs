using PluginGateway.Core.Sending;

namespace PluginGateway.Core.Tests.Sending;

public sealed class LaneRateTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private readonly LaneRate _rate = new();

    [Fact]
    public void Calls_are_unlimited_without_a_rate() => Assert.Equal(int.MaxValue, _rate.Left(null, Start));

    [Fact]
    public void Rate_of_30_per_minute_allows_one_call_every_two_seconds()
    {
        Assert.Equal([1, 0, 1, 0, 1], Enumerable.Range(0, 5).Select(second => TakeAll(30, second)));
    }

    [Fact]
    public void Unused_calls_accumulate_for_one_second_at_most()
    {
        Assert.Equal(1, TakeAll(600, 0));
        Assert.Equal(10, TakeAll(600, 3_600));
        Assert.Equal(0, _rate.Left(600, Start.AddSeconds(3_600)));
    }

    private int TakeAll(int perMinute, int second)
    {
        var left = _rate.Left(perMinute, Start.AddSeconds(second));
        _rate.Take(left);
        return left;
    }
}

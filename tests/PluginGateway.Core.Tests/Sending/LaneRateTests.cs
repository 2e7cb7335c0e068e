using PluginGateway.Core.Sending;

namespace PluginGateway.Core.Tests.Sending;

public sealed class LaneRateTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private readonly LaneRate _rate = new();

    [Fact]
    public void Without_a_rate_everything_may_go() => Assert.Equal(int.MaxValue, _rate.Left(null, Start));

    [Fact]
    public void Thirty_a_minute_are_one_every_two_seconds()
    {
        Assert.Equal([1, 0, 1, 0, 1], Enumerable.Range(0, 5).Select(second => Go(30, second)));
    }

    [Fact]
    public void At_most_a_second_s_worth_is_saved_up()
    {
        Assert.Equal(1, Go(600, 0));
        Assert.Equal(10, Go(600, 3_600));
        Assert.Equal(0, _rate.Left(600, Start.AddSeconds(3_600)));
    }

    private int Go(int perMinute, int second)
    {
        var left = _rate.Left(perMinute, Start.AddSeconds(second));
        _rate.Take(left);
        return left;
    }
}

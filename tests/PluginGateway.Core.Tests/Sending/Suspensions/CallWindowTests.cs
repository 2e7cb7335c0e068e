using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Tests.Sending.Suspensions;

public sealed class CallWindowTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private readonly CallWindow _window = new();

    [Fact]
    public void Five_consecutive_failures_exceed_the_limit()
    {
        Assert.All(Enumerable.Range(0, 4), i => Assert.False(Fail(i)));
        Assert.True(Fail(4));
    }

    [Fact]
    public void Success_resets_the_count_of_consecutive_failures()
    {
        for (var i = 0; i < 4; i++)
            Fail(i);
        Succeed(4);

        Assert.All(Enumerable.Range(5, 4), i => Assert.False(Fail(i)));
    }

    [Fact]
    public void Five_failures_of_ten_calls_exceed_the_limit()
    {
        for (var i = 0; i < 4; i++)
        {
            Succeed(i);
            Assert.False(Fail(i));
        }

        Succeed(8);
        Assert.True(Fail(9));
    }

    [Fact]
    public void Calls_older_than_five_minutes_do_not_count()
    {
        for (var i = 0; i < 9; i++)
            if (i % 2 == 0)
                Fail(i);
            else
                Succeed(i);

        Assert.False(Fail(400));
    }

    private bool Fail(int second) => _window.Add(Start.AddSeconds(second), failed: true);

    private void Succeed(int second) => _window.Add(Start.AddSeconds(second), failed: false);
}

using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Tests.Sending.Suspensions;

public sealed class CallWindowTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    private readonly CallWindow _window = new();

    [Fact]
    public void Five_failures_in_a_row_are_too_many()
    {
        Assert.All(Enumerable.Range(0, 4), i => Assert.False(Fail(i)));
        Assert.True(Fail(4));
    }

    [Fact]
    public void One_success_between_begins_the_row_anew()
    {
        for (var i = 0; i < 4; i++)
            Fail(i);
        Succeed(4);

        Assert.All(Enumerable.Range(5, 4), i => Assert.False(Fail(i)));
    }

    [Fact]
    public void Half_of_ten_calls_are_too_many()
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
    public void Calls_of_more_than_five_minutes_ago_do_not_count()
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

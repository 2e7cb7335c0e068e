using PluginGateway.Core.Cluster;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Tests.Sending.Suspensions;

public sealed class SuspensionTests
{
    private static readonly TimeSpan Probe = TimeSpan.FromMinutes(15);

    [Fact]
    public void A_pause_lets_nothing_through() => Assert.Equal(0, new Suspension { Kind = SuspensionKind.Pause }.CallsAllowed(1_000_000, Probe));

    [Fact]
    public void One_that_was_allowed_goes_once()
    {
        Assert.Equal(1, new Suspension { Kind = SuspensionKind.Pause, Allowed = 1 }.CallsAllowed(0, Probe));
        Assert.Equal(0, new Suspension { Kind = SuspensionKind.Pause, Allowed = 1, Used = 1 }.CallsAllowed(0, Probe));
    }

    [Fact]
    public void A_rate_lets_the_first_go_at_once_and_then_so_many_a_minute()
    {
        Assert.Equal(1, AMinute(60, used: 0, seconds: 0));
        Assert.Equal(1, AMinute(60, used: 10, seconds: 10));
        Assert.Equal(0, AMinute(60, used: 11, seconds: 10));
    }

    [Fact]
    public void What_a_rate_could_not_use_during_an_outage_is_not_let_through_in_one_go()
    {
        Assert.Equal(10, AMinute(60, used: 100, seconds: 3_700));
        Assert.Equal(2, AMinute(1, used: 0, seconds: 86_400));
    }

    [Fact]
    public void Wrong_settings_are_tried_now_and_then()
    {
        var suspension = new Suspension { Kind = SuspensionKind.Settings, Since = 0, RateFrom = 0 };

        Assert.Equal(0, suspension.CallsAllowed(14 * 60_000, Probe));
        Assert.Equal(1, suspension.CallsAllowed(15 * 60_000, Probe));
    }

    [Fact]
    public void This_process_lives_and_one_that_never_was_does_not()
    {
        Assert.False(ProcessIdentity.Current.IsKnownDead(ProcessIdentity.Current.Id));
        Assert.True(ProcessIdentity.Current.IsKnownDead($"{Environment.MachineName}/{Environment.ProcessId}/another-beginning"));
        Assert.True(ProcessIdentity.Current.IsKnownDead($"{Environment.MachineName}/{int.MaxValue}/1"));
        Assert.False(ProcessIdentity.Current.IsKnownDead("elsewhere/1/1"));
    }

    private static int AMinute(int perMinute, long used, long seconds) =>
        new Suspension { Kind = SuspensionKind.Pause, PerMinute = perMinute, RateFrom = 0, Used = used }.CallsAllowed(seconds * 1_000, Probe);
}

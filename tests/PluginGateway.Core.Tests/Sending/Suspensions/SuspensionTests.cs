using PluginGateway.Core.Cluster;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Tests.Sending.Suspensions;

public sealed class SuspensionTests
{
    private static readonly TimeSpan Probe = TimeSpan.FromMinutes(15);

    [Fact]
    public void Pause_allows_no_calls() => Assert.Equal(0, new Suspension { Kind = SuspensionKind.Pause }.CallsAllowed(1_000_000, Probe));

    [Fact]
    public void Single_allowed_call_is_used_once()
    {
        Assert.Equal(1, new Suspension { Kind = SuspensionKind.Pause, Allowed = 1 }.CallsAllowed(0, Probe));
        Assert.Equal(0, new Suspension { Kind = SuspensionKind.Pause, Allowed = 1, Used = 1 }.CallsAllowed(0, Probe));
    }

    [Fact]
    public void Rate_allows_the_first_call_immediately_and_the_rest_per_minute()
    {
        Assert.Equal(1, AllowedAtRate(60, used: 0, seconds: 0));
        Assert.Equal(1, AllowedAtRate(60, used: 10, seconds: 10));
        Assert.Equal(0, AllowedAtRate(60, used: 11, seconds: 10));
    }

    [Fact]
    public void Calls_unused_during_an_outage_are_not_allowed_all_at_once()
    {
        Assert.Equal(10, AllowedAtRate(60, used: 100, seconds: 3_700));
        Assert.Equal(2, AllowedAtRate(1, used: 0, seconds: 86_400));
    }

    [Fact]
    public void Suspension_for_invalid_settings_allows_periodic_probes()
    {
        var suspension = new Suspension { Kind = SuspensionKind.Settings, Since = 0, RateFrom = 0 };

        Assert.Equal(0, suspension.CallsAllowed(14 * 60_000, Probe));
        Assert.Equal(1, suspension.CallsAllowed(15 * 60_000, Probe));
    }

    [Fact]
    public void Only_processes_that_do_not_run_are_known_to_be_gone()
    {
        Assert.False(ProcessIdentity.Current.IsKnownGone(ProcessIdentity.Current.Id));
        Assert.True(ProcessIdentity.Current.IsKnownGone($"{Environment.MachineName}/{Environment.ProcessId}/another-beginning"));
        Assert.True(ProcessIdentity.Current.IsKnownGone($"{Environment.MachineName}/{int.MaxValue}/1"));
        Assert.False(ProcessIdentity.Current.IsKnownGone("elsewhere/1/1"));
    }

    private static int AllowedAtRate(int perMinute, long used, long seconds) =>
        new Suspension { Kind = SuspensionKind.Pause, PerMinute = perMinute, RateFrom = 0, Used = used }.CallsAllowed(seconds * 1_000, Probe);
}

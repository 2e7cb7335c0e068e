using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Tests.Storage.Stores;

// Suspensions for invalid settings and unclear answers, and breakers.
public abstract partial class StoreTests
{
    [Fact]
    public async Task Invalid_settings_suspend_a_back_end_once_with_periodic_probes()
    {
        await _world.AcceptAsync(null);
        Assert.True(await Suspensions.SuspendForSettingsAsync(_world.Main, SuspensionKind.Settings, "401", default));
        Assert.False(await Suspensions.SuspendForSettingsAsync(_world.Main, SuspensionKind.Settings, "401", default));
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Single(await _world.ClaimAsync(suspensionsOf: _world.Main));
        Assert.Empty(await _world.ClaimAsync(suspensionsOf: _world.Main));

        await Suspensions.SettingsAcceptedAsync(_world.Main, _world.Now + 1, isReport: true, default);
        Assert.Empty(await Suspensions.ListAsync(default));
    }

    [Fact]
    public async Task Unclear_answers_suspend_a_back_end_without_probes()
    {
        await _world.AcceptAsync(null);
        Assert.True(await Suspensions.SuspendForSettingsAsync(_world.Main, SuspensionKind.Settings, "401", default));
        // The stricter kind replaces the other one, and is never replaced by it.
        Assert.True(await Suspensions.SuspendForSettingsAsync(_world.Main, SuspensionKind.UnclearAnswers, "302", default));
        Assert.False(await Suspensions.SuspendForSettingsAsync(_world.Main, SuspensionKind.UnclearAnswers, "302", default));
        Assert.False(await Suspensions.SuspendForSettingsAsync(_world.Main, SuspensionKind.Settings, "401", default));
        var suspension = Assert.Single(await Suspensions.ListAsync(default));
        Assert.Equal((SuspensionKind.UnclearAnswers, "302"), (suspension.Kind, suspension.Reason));

        _world.Clock.Advance(TimeSpan.FromDays(1));
        // Reports that were being sent when a process ended are held, because only an operator can find out about them.
        var interrupted = await _world.AcceptAsync(null, "Interrupted");
        await _world.ExecuteAsync($"UPDATE delivery SET state = 4, may_have_been_delivered = 1 WHERE id = {interrupted.DeliveryId}");
        Assert.Empty(await _world.ClaimAsync(suspensionsOf: _world.Main));
        Assert.Equal(5, await _world.ScalarAsync<long>($"SELECT state FROM delivery WHERE id = {interrupted.DeliveryId}"));
        await Suspensions.ResumeAsync(new SuspensionScope(_world.Main.Council, _world.Main.Name, ""), new Resumption(false, 0), "op", "test", default);
        Assert.Single(await _world.ClaimAsync(suspensionsOf: _world.Main));

        // Neither an update nor the answer to a call that began before proves that the answers to reports are clear now.
        await Suspensions.SettingsAcceptedAsync(_world.Main, _world.Now + 1, isReport: false, default);
        await Suspensions.SettingsAcceptedAsync(_world.Main, suspension.Since, isReport: true, default);
        Assert.Single(await Suspensions.ListAsync(default));
        await Suspensions.SettingsAcceptedAsync(_world.Main, _world.Now + 1, isReport: true, default);
        Assert.Empty(await Suspensions.ListAsync(default));
    }

    [Fact]
    public async Task Host_with_an_earlier_council_file_does_not_end_a_suspension()
    {
        var councils = _world.Get<CouncilDirectory>().Current;
        SuspensionStore Host() => new(_world.Database, _world.Get<IOptions<SendingOptions>>(), _world.Clock);
        var (outdated, edited) = (Host(), Host());
        outdated.RecordVersions(councils);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Suspensions.SuspendForSettingsAsync(_world.Main with { FileHash = "the edited file" }, SuspensionKind.UnclearAnswers, "302", default);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        await outdated.EndAsync(councils, default);
        Assert.Single(await Suspensions.ListAsync(default));

        edited.RecordVersions(councils);
        await edited.EndAsync(councils, default);
        Assert.Empty(await Suspensions.ListAsync(default));
    }

    [Fact]
    public async Task Open_breaker_applies_to_all_hosts_and_allows_one_probe()
    {
        for (var i = 0; i < 3; i++)
            await _world.AcceptAsync(null, $"Bin {i}");
        var (breakers, lane) = (_world.Get<Breakers>(), await _world.LaneAsync());
        for (var i = 0; i < 20; i++)
            await breakers.FailedAsync(lane, _world.Main.Key, "503", default);
        Assert.Equal(BreakerPermit.None, await breakers.PermitAsync(lane, default));
        Assert.Empty(await Deliveries.ClaimProbeAsync(lane, marksCommit: true, null, default));

        _world.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(BreakerPermit.Probe, await breakers.PermitAsync(lane, default));
        await Suspensions.PauseAsync(new SuspensionScope(_world.Main.Council, _world.Main.Name, "LAMP"), "repairs", "op", null, default);
        Assert.Single(await Deliveries.ClaimProbeAsync(lane, marksCommit: true, restricted: _world.Main, default));
        Assert.Empty(await Deliveries.ClaimProbeAsync(lane, marksCommit: true, null, default));

        await breakers.AnsweredAsync(lane, _world.Main.Key, default);
        Assert.Equal(BreakerPermit.Free, await breakers.PermitAsync(lane, default));
    }
}

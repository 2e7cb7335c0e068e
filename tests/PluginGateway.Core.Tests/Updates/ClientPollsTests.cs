using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Tests.Storage;
using PluginGateway.Core.Updates;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Updates;

public sealed class ClientPollsTests : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(2);

    private readonly FakeTimeProvider _clock = new(Some.Time);

    private TestDatabase _test = null!;
    private ClientPolls _polls = null!;

    public async ValueTask InitializeAsync()
    {
        _test = await TestDatabase.CreateAsync();
        _polls = new ClientPolls(_test.Database, Options.Create(new UpdatesOptions()), _clock);
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Client_that_polls_in_time_gets_its_window()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(TimeSpan.Zero, await MissedAsync());
            _clock.Advance(TimeSpan.FromMinutes(90));
        }
    }

    [Fact]
    public async Task Client_that_was_offline_gets_the_missed_time_for_an_hour()
    {
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(10));

        // Starts ten minutes before the end of its last window, because that response may have been lost.
        Assert.Equal(TimeSpan.FromMinutes(490), await MissedAsync());
        _clock.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal(TimeSpan.FromMinutes(540), await MissedAsync());
        _clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(TimeSpan.Zero, await MissedAsync());
    }

    [Fact]
    public async Task Client_with_short_consecutive_windows_gets_each_update_once()
    {
        for (var i = 0; i < 10; i++)
        {
            var now = _clock.GetUtcNow();
            Assert.Equal(now.AddSeconds(-30), await _polls.RecordAsync("c", 1, now.AddSeconds(-30), now, default));
            _clock.Advance(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Client_that_polled_only_once_gets_the_earlier_gap_again()
    {
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(60));
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal(TimeSpan.FromHours(61) + TimeSpan.FromMinutes(10), await MissedAsync());
    }

    [Fact]
    public async Task Window_that_starts_in_the_future_is_unchanged()
    {
        var never = DateTimeOffset.MaxValue.AddSeconds(-1);
        await MissedAsync();

        Assert.Equal(never, await _polls.RecordAsync("c", 1, never, never, default));
    }

    [Fact]
    public async Task Polls_are_remembered_across_a_restart()
    {
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(10));
        _polls = new ClientPolls(_test.Database, Options.Create(new UpdatesOptions()), _clock);

        Assert.Equal(TimeSpan.FromMinutes(490), await MissedAsync());
    }

    [Fact]
    public async Task Polls_are_separate_per_client_and_council_and_gaps_are_limited()
    {
        await MissedAsync();
        await MissedAsync(client: 2);
        _clock.Advance(TimeSpan.FromDays(30));

        Assert.Equal(TimeSpan.FromDays(7) - Window, await MissedAsync());
        Assert.Equal(TimeSpan.Zero, await MissedAsync(client: 3));
        Assert.Equal(TimeSpan.Zero, await MissedAsync(council: "other"));
        Assert.Equal(TimeSpan.FromDays(7) - Window, await MissedAsync(client: 2));
    }

    [Fact]
    public async Task Poll_of_a_past_window_does_not_change_the_position()
    {
        var now = _clock.GetUtcNow();
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(10));

        Assert.Equal(now.AddDays(-9), await _polls.RecordAsync("c", 1, now.AddDays(-9), now.AddDays(-8), default));
        Assert.Equal(TimeSpan.FromMinutes(490), await MissedAsync());
    }

    /// <summary>Returns how far the start of the window is moved back for a client.</summary>
    private async Task<TimeSpan> MissedAsync(string council = "c", long client = 1)
    {
        var now = _clock.GetUtcNow();
        return now - Window - await _polls.RecordAsync(council, client, now - Window, now, default);
    }
}

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
    private ClientPolls _asks = null!;

    public async ValueTask InitializeAsync()
    {
        _test = await TestDatabase.CreateAsync();
        _asks = new ClientPolls(_test.Database, Options.Create(new UpdatesOptions()), _clock);
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_client_that_asks_in_time_is_told_its_window()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(TimeSpan.Zero, await MissedAsync());
            _clock.Advance(TimeSpan.FromMinutes(90));
        }
    }

    [Fact]
    public async Task One_that_was_away_is_told_what_it_missed_for_an_hour()
    {
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(10));

        // From ten minutes before its last window ended: that answer may have got lost.
        Assert.Equal(TimeSpan.FromMinutes(490), await MissedAsync());
        _clock.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal(TimeSpan.FromMinutes(540), await MissedAsync());
        _clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(TimeSpan.Zero, await MissedAsync());
    }

    [Fact]
    public async Task One_that_asks_for_short_windows_back_to_back_misses_nothing_and_is_told_nothing_twice()
    {
        for (var i = 0; i < 10; i++)
        {
            var now = _clock.GetUtcNow();
            Assert.Equal(now.AddSeconds(-30), await _asks.RecordAsync("c", 1, now.AddSeconds(-30), now, default));
            _clock.Advance(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task One_that_was_back_only_once_is_told_what_it_missed_before_that_too()
    {
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(60));
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal(TimeSpan.FromHours(61) + TimeSpan.FromMinutes(10), await MissedAsync());
    }

    [Fact]
    public async Task A_window_that_begins_in_the_future_is_left_alone()
    {
        var never = DateTimeOffset.MaxValue.AddSeconds(-1);
        await MissedAsync();

        Assert.Equal(never, await _asks.RecordAsync("c", 1, never, never, default));
    }

    [Fact]
    public async Task Another_process_goes_on_where_this_one_stopped()
    {
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(10));
        _asks = new ClientPolls(_test.Database, Options.Create(new UpdatesOptions()), _clock);

        Assert.Equal(TimeSpan.FromMinutes(490), await MissedAsync());
    }

    [Fact]
    public async Task Clients_and_councils_are_kept_apart_and_very_old_news_is_not_told()
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
    public async Task A_look_into_the_past_says_nothing_about_how_far_a_client_is()
    {
        var now = _clock.GetUtcNow();
        await MissedAsync();
        _clock.Advance(TimeSpan.FromHours(10));

        Assert.Equal(now.AddDays(-9), await _asks.RecordAsync("c", 1, now.AddDays(-9), now.AddDays(-8), default));
        Assert.Equal(TimeSpan.FromMinutes(490), await MissedAsync());
    }

    /// <summary>How much before its window a client is told.</summary>
    private async Task<TimeSpan> MissedAsync(string council = "c", long client = 1)
    {
        var now = _clock.GetUtcNow();
        return now - Window - await _asks.RecordAsync(council, client, now - Window, now, default);
    }
}

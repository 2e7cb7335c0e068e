using Microsoft.Extensions.Options;
using PluginGateway.Host.Tests.Storage;
using PluginGateway.Host.Updates;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Updates;

public sealed class ClientAsksTests : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(2);

    private readonly ManualTimeProvider _clock = new();

    private TestDatabase _test = null!;
    private ClientAsks _asks = null!;

    public async ValueTask InitializeAsync()
    {
        _test = await TestDatabase.CreateAsync();
        _asks = new ClientAsks(_test.Database, Options.Create(new UpdatesOptions()), _clock);
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

        Assert.Equal(now.AddDays(-9), await _asks.NoteAsync("c", 1, now.AddDays(-9), now.AddDays(-8), default));
        Assert.Equal(TimeSpan.FromMinutes(490), await MissedAsync());
    }

    /// <summary>How much before its window a client is told.</summary>
    private async Task<TimeSpan> MissedAsync(string council = "c", long client = 1)
    {
        var now = _clock.GetUtcNow();
        return now - Window - await _asks.NoteAsync(council, client, now - Window, now, default);
    }
}

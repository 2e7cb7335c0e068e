using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.Host;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>
/// A month of a council's life on a clock that is moved by hand: three exports that overlap, rows that come late, twice, and out of order, a
/// gateway that dies in the middle of what it does and starts again, and a night on which the clocks change. FixMyStreet hears of every event
/// once, and its reports end in the state of the newest.
/// </summary>
public sealed class MonthTests : IAsyncDisposable
{
    private static readonly TimeZoneInfo London = TimeZoneInfo.FindSystemTimeZoneById("Europe/London");
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(10);

    private static readonly (string ActionDue, string Status)[] Actions =
        [("N1", "in_progress"), ("NR", "fixed"), ("NCR", "not_councils_responsibility"), ("PTC", "action_scheduled"), ("NI2MOB", "investigating"),
            ("NFA", "no_further_action")];

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(DateTimeOffset Written, string Row)>> _exports = SymologyExports.Names.ToDictionary(
        n => n, _ => new List<(DateTimeOffset, string)>(), StringComparer.Ordinal);
    private readonly List<(DateTimeOffset Due, string Export, string Row)> _late = [];
    private readonly Dictionary<int, (DateTime Wall, string Status)> _newest = [];
    private readonly HashSet<string> _rows = new(StringComparer.Ordinal);

    private WebApplication? _app;
    private CrashingDatabase _database = null!;

    [Theory]
    // Into summer time on 29 March, and out of it on 25 October.
    [InlineData("2026-03-10T00:00:00Z", 1)]
    [InlineData("2026-10-08T00:00:00Z", 2)]
    public async Task Every_event_is_heard_of_once(string from, int seed)
    {
        var random = new Random(seed);
        var start = DateTimeOffset.Parse(from, CultureInfo.InvariantCulture);
        var clock = new FakeTimeProvider(start);
        await using var council = await SimulatedCouncil.StartAsync(clock);
        foreach (var name in SymologyExports.Names)
            council.Files[$"/exports/{name}.csv"] = http => ServeAsync(http, _files[name]);
        _folder.Write("councils/bexley.json", council.File());
        _folder.Write("secrets/BEXLEY_SYMOLOGY_PASSWORD", "simulator");
        Built.Drop("Symology", _folder.At("plugins"));
        var client = new FixMyStreetPoller();
        var (crashes, upAgain) = (0, start);

        // What happened in the hours before the gateway was there.
        Happen(random, start.AddHours(-3));
        Publish(start);
        for (var now = start; now < start.AddDays(30); now += Step)
        {
            clock.Advance(Step);
            var at = now + Step;
            if (random.Next(2) == 0)
                Happen(random, at);
            if (at.Minute == 0)
                Publish(at);
            if (at < upAgain)
                continue;

            await StartAsync(clock);
            if (random.Next(200) == 0)
                _database.DiesIn = random.Next(1, 40);
            try
            {
                await _app!.Services.GetRequiredService<CollectionRun>().RunAsync(BackEnd(), default);
                await client.PollAsync(ServedAsync, at, nightly: at is { Hour: 2, Minute: 0 });
                _database.DiesIn = int.MaxValue;
            }
            catch (IOException)
            {
                await StopAsync();
                // Down for up to seven hours: longer than the client's window.
                (crashes, upAgain) = (crashes + 1, at.AddMinutes(random.Next(420)));
            }
        }

        // The last of what was late comes in the days after.
        await StartAsync(clock);
        for (var day = 0; day < 5; day++)
        {
            await _app!.Services.GetRequiredService<CollectionRun>().RunAsync(BackEnd(), default);
            clock.Advance(TimeSpan.FromMinutes(15));
            await client.PollAsync(ServedAsync, clock.GetUtcNow(), nightly: true);
            clock.Advance(TimeSpan.FromHours(18));
            Publish(clock.GetUtcNow());
        }

        Assert.InRange(crashes, 5, 200);
        Assert.InRange(_rows.Count, 1_000, 10_000);
        Assert.Equal(_rows.Count, client.Taken.Count);
        Assert.All(_newest, n => Assert.Equal((n.Key, n.Value.Status), (n.Key, client.State(n.Key.ToString(CultureInfo.InvariantCulture)))));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private static async Task ServeAsync(HttpContext http, string file)
    {
        http.Response.ContentType = "text/csv";
        await http.Response.WriteAsync(file, http.RequestAborted);
    }

    /// <summary>An event of some case: its row is written at once, or hours or days later.</summary>
    private void Happen(Random random, DateTimeOffset at)
    {
        var (number, export) = (random.Next(1, 150), SymologyExports.Names.ElementAt(random.Next(2)));
        var (action, status) = Actions[random.Next(Actions.Length)];
        var wall = TimeZoneInfo.ConvertTime(at, London).DateTime;
        var row = SymologyExports.Row(export, number, wall, new Dictionary<string, string> { ["Action Due"] = action, ["Event Type"] = "EV" });
        // One event of a case a minute, and in the hour that comes twice only of others: which of two was the newer could nobody tell.
        var twice = London.IsAmbiguousTime(wall);
        if (twice)
            row = row.Replace($"{number:00000000}", $"{number + 1_000:00000000}", StringComparison.Ordinal);
        if ((_newest.TryGetValue(number, out var newest) && newest.Wall >= wall) || !_rows.Add(row))
            return;

        if (!twice)
            _newest[number] = (wall, status);
        if (random.Next(5) == 0)
            _late.Add((at.AddMinutes(random.Next(1, 3 * 24 * 60)), export, row));
        else
            _exports[export].Add((at, row));
    }

    /// <summary>Writes the files: the rows of the last three days, in no order, some twice.</summary>
    private void Publish(DateTimeOffset at)
    {
        foreach (var (_, export, row) in _late.Where(l => l.Due <= at))
            _exports[export].Add((at, row));
        _late.RemoveAll(l => l.Due <= at);
        foreach (var (name, rows) in _exports)
        {
            rows.RemoveAll(r => r.Written < at.AddDays(-3));
            var mixed = rows.Select(r => r.Row).ToList();
            mixed.AddRange(mixed.Take(3).ToList());
            var order = new Random(at.Hour);
            _files[name] = string.Join("\r\n", mixed.OrderBy(_ => order.Next()).Prepend(SymologyExports.Header(name))) + "\r\n";
        }
    }

    private BackEnd BackEnd() => _app!.Services.GetRequiredService<CouncilDirectory>().Current.FindBackEnd("bexley", "symology")!;

    private async Task<IReadOnlyList<ServedUpdate>> ServedAsync(DateTimeOffset start, DateTimeOffset end) =>
        await _app!.Services.GetRequiredService<UpdateReader>()
            .ReadAsync(_app.Services.GetRequiredService<CouncilDirectory>().Current.Find("bexley")!, 0, start, end, default);

    /// <summary>The gateway without its web server and its timers: each turn is taken by hand.</summary>
    private async Task StartAsync(TimeProvider clock)
    {
        if (_app is not null)
            return;

        _app = Gateway.Build(
            [
                $"--State:Path={_folder.At("state")}", $"--Plugins:Path={_folder.At("plugins")}", $"--Councils:Path={_folder.At("councils")}",
                $"--Councils:SecretsPath={_folder.At("secrets")}", "--Logging:LogLevel:Default=None", .. TestStore.Settings(_folder.At("state")),
            ],
            services => services.AddSingleton(clock).AddSingleton<IDatabase>(all => _database = new CrashingDatabase(TestStore.Of(all))));
        await _app.Services.GetRequiredService<PluginLoading>().RunAsync(_app.Services.GetRequiredService<IDatabase>().MigrateAsync(default), default);
        _app.Services.GetRequiredService<CouncilDirectory>().Scan();
    }

    private async Task StopAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _app = null;
    }
}

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
/// Simulates a month of a council with a fake clock: three overlapping exports; rows that arrive late, repeatedly and out of order; a
/// gateway that crashes and restarts; and a night on which the clocks change. FixMyStreet gets every event once, and its reports end in the
/// state of the newest event.
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
    // The clocks change to summer time on 29 March and back on 25 October.
    [InlineData("2026-03-10T00:00:00Z", 1)]
    [InlineData("2026-10-08T00:00:00Z", 2)]
    public async Task Month_with_crashes_and_late_rows_serves_every_event_once(string from, int seed)
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
        var (crashes, restartAt) = (0, start);

        // Events from the hours before the first start of the gateway.
        AddEvent(random, start.AddHours(-3));
        Publish(start);
        for (var now = start; now < start.AddDays(30); now += Step)
        {
            clock.Advance(Step);
            var at = now + Step;
            if (random.Next(2) == 0)
                AddEvent(random, at);
            if (at.Minute == 0)
                Publish(at);
            if (at < restartAt)
                continue;

            await StartAsync(clock);
            if (random.Next(200) == 0)
                _database.CrashesIn = random.Next(1, 40);
            try
            {
                await _app!.Services.GetRequiredService<CollectionRun>().RunAsync(BackEnd(), default);
                await client.PollAsync(ServedAsync, at, nightly: at is { Hour: 2, Minute: 0 });
                _database.CrashesIn = int.MaxValue;
            }
            catch (IOException)
            {
                await StopAsync();
                // The gateway is down for up to seven hours, which exceeds the client's window.
                (crashes, restartAt) = (crashes + 1, at.AddMinutes(random.Next(420)));
            }
        }

        // The last late rows arrive during the following days.
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
        Assert.Equal(_rows.Count, client.Accepted.Count);
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

    /// <summary>Adds an event of a random case, whose row is published immediately or hours or days later.</summary>
    private void AddEvent(Random random, DateTimeOffset at)
    {
        var (number, export) = (random.Next(1, 150), SymologyExports.Names.ElementAt(random.Next(2)));
        var (action, status) = Actions[random.Next(Actions.Length)];
        var wall = TimeZoneInfo.ConvertTime(at, London).DateTime;
        var row = SymologyExports.Row(export, number, wall, new Dictionary<string, string> { ["Action Due"] = action, ["Event Type"] = "EV" });
        // At most one event of a case per minute, and in the repeated hour only events of other cases, because the order of two such events
        // would be ambiguous.
        var isAmbiguous = London.IsAmbiguousTime(wall);
        if (isAmbiguous)
            row = row.Replace($"{number:00000000}", $"{number + 1_000:00000000}", StringComparison.Ordinal);
        if ((_newest.TryGetValue(number, out var newest) && newest.Wall >= wall) || !_rows.Add(row))
            return;

        if (!isAmbiguous)
            _newest[number] = (wall, status);
        if (random.Next(5) == 0)
            _late.Add((at.AddMinutes(random.Next(1, 3 * 24 * 60)), export, row));
        else
            _exports[export].Add((at, row));
    }

    /// <summary>Publishes the files: the rows of the last three days in random order, some of them twice.</summary>
    private void Publish(DateTimeOffset at)
    {
        foreach (var (_, export, row) in _late.Where(l => l.Due <= at))
            _exports[export].Add((at, row));
        _late.RemoveAll(l => l.Due <= at);
        foreach (var (name, rows) in _exports)
        {
            rows.RemoveAll(r => r.Written < at.AddDays(-3));
            var shuffled = rows.Select(r => r.Row).ToList();
            shuffled.AddRange(shuffled.Take(3).ToList());
            var order = new Random(at.Hour);
            _files[name] = string.Join("\r\n", shuffled.OrderBy(_ => order.Next()).Prepend(SymologyExports.Header(name))) + "\r\n";
        }
    }

    private BackEnd BackEnd() => _app!.Services.GetRequiredService<CouncilDirectory>().Current.FindBackEnd("bexley", "symology")!;

    private async Task<IReadOnlyList<ServedUpdate>> ServedAsync(DateTimeOffset start, DateTimeOffset end)
    {
        var all = new List<ServedUpdate>();
        await foreach (var page in _app!.Services.GetRequiredService<UpdateReader>()
            .ReadAsync(_app.Services.GetRequiredService<CouncilDirectory>().Current.Find("bexley")!, TestCouncils.Client, start, end, default))
            all.AddRange(page);
        return all;
    }

    /// <summary>Starts the gateway without its web server and background jobs, so that only the test acts.</summary>
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
        await _app.Services.GetRequiredService<CouncilDirectory>().ScanAsync(default);
    }

    private async Task StopAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _app = null;
    }
}

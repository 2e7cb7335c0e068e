using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.Admin.Tests;

/// <summary>Takes screenshots of the main pages, in light, dark and on a phone, in the folder that <c>GATEWAY_SCREENSHOTS</c> names.</summary>
public sealed class Screenshots
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 8, 4, 0, TimeSpan.Zero);

    [Fact]
    public async Task Screenshots_of_the_main_pages_are_written()
    {
        var folder = Environment.GetEnvironmentVariable("GATEWAY_SCREENSHOTS");
        Assert.SkipUnless(folder is { Length: > 0 }, "GATEWAY_SCREENSHOTS is not set.");
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        Directory.CreateDirectory(folder);
        var clock = new ShiftedTimeProvider(Now.AddHours(-6));
        await using var council = await SimulatedCouncil.StartAsync(clock);
        await using var gateway = new GatewayApp("--Sending:BreakerFirstWait=00:10:00").Clock(clock).Secret("BEXLEY_SYMOLOGY_PASSWORD", "simulator")
            .Council("bexley", council.File(f => f["mode"] = "queued"))
            .Council("camden", Some.EmailCouncil("camden").Replace("Council of camden", "London Borough of Camden", StringComparison.Ordinal))
            .Council("oxfordshire", Some.EmailCouncil("oxfordshire").Replace("Council of oxfordshire", "Oxfordshire County Council", StringComparison.Ordinal));
        Built.Drop("Symology", gateway.Plugins);
        await gateway.StartAsync();
        await gateway.PostAsync("camden", Some.Report("BIN", "1"));
        await gateway.PostAsync("oxfordshire", Some.Report("BIN", "2"));
        council.Service.CreateError = ("Request not created", "AnalysisCode2 is not valid");
        var held = (await gateway.PostAsync(
            "bexley", Some.Report("KERB", "held", "The kerb is broken by number 12", ("first_name", "Jo"), ("email", "jo@example.org")))).Id;
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 5") == 1, "one is held");
        council.Service.CreateError = null;
        council.Service.Always = Misbehaviour.ServerError;
        for (var i = 0; i < 41; i++)
            await gateway.PostAsync("bexley", Some.Report("SIGN", $"r-{i}"));
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM lane WHERE breaker = 1") == 1, "the breaker opens");
        clock.Set(Now);
        await CountAsync(gateway);

        using var browser = await Browser.SignedInAsync(gateway, "olive", Role.Admin);
        foreach (var (name, address) in new[] { ("home", "/admin"), ("council", "/admin/councils/bexley"), ("report", $"/admin/reports/{held}"),
            ("search", "/admin/reports?state=unsent"), ("template", "/admin/templates/edit?name=report.sbn-html") })
            foreach (var (look, scheme, width, height) in new[] { ("light", "light", 1280, 900), ("dark", "dark", 1280, 900), ("phone", "light", 390, 844) })
                await File.WriteAllBytesAsync(
                    Path.Combine(folder, $"{name}-{look}.webp"), browser.Scheme(scheme).Resize(width, height).Go(address).Screenshot());
    }

    /// <summary>Adds a day of made-up counts for the charts.</summary>
    private static Task<bool> CountAsync(GatewayApp gateway) => gateway.Get<IDatabase>().WriteAsync(
        async db =>
        {
            var hour = HourCounts.HourOf(Now.ToUnixTimeMilliseconds());
            foreach (var lane in await db.ListAsync<long>("SELECT id FROM lane WHERE backend IN ('symology', 'email')"))
                for (var ago = 0; ago < 24; ago++)
                {
                    var day = Math.Max(0, Math.Sin((Now.AddHours(-ago).Hour - 6) * Math.PI / 14));
                    foreach (var (bucket, share) in new[] { (0, 20), (1, 40), (2, 12), (5, 3) })
                        await db.ExecuteAsync(
                            """
                            INSERT INTO delivery_hour (lane_id, hour, bucket, count) SELECT @lane, @hour, @bucket, @count WHERE NOT EXISTS (SELECT 1 FROM delivery_hour WHERE lane_id = @lane AND hour = @hour AND bucket = @bucket)
                            """,
                            new { lane, hour = hour - ago, bucket, count = (long)(day * share * (lane + 1)) + 1 });
                }

            return true;
        },
        default);
}

using System.Diagnostics;
using System.Globalization;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>Pages of the operators' site on a database of a million reports, compared with one of a thousand.</summary>
internal static class AdminBenchmark
{
    private const int Big = 1_000_000;
    private const int Small = Big / 1_000;
    private const int Calls = 40;
    private const double GoalMs = 100;
    private const string Password = "correct horse battery";

    private static readonly string Day = TimeProvider.System.GetUtcNow().AddDays(-21).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static async Task RunAsync()
    {
        await using var small = await SiteAsync(Small);
        await using var big = await SiteAsync(Big);
        foreach (var (name, path) in new (string, Func<Site, string>)[]
        {
            ("home", static _ => "/admin"),
            ("search: newest first", static _ => "/admin/reports"),
            ("search: held, by cause", static _ => "/admin/reports?state=held&cause=The+code+is+not+known."),
            ("search: a word that occurs in every third report", static _ => $"/admin/reports?q={SiteFill.Often}"),
            ("search: one back end", static _ => "/admin/reports?backend=email"),
            ("search: one day three weeks ago", static _ => $"/admin/reports?from={Day}&until={Day}"),
            ("one report", static site => $"/admin/reports/{site.Delivery}"),
        })
        {
            var (own, other) = (new List<double>(), new List<double>());
            for (var i = 0; i < Calls; i++)
            {
                own.Add(await big.TimeAsync(path(big)));
                other.Add(await small.TimeAsync(path(small)));
            }

            // Median skips the first quarter as warm-up.
            var (mine, others) = (Median(own), Median(other));
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| operators' site, {name}, a million reports, median | {mine:0.0} ms | {others:0.0} ms with {Small:N0} reports | "
                        + $"{mine / others:0.00} | < {GoalMs} ms |"));
        }
    }

    private static double Median(List<double> times) => times.Skip(Calls / 4).Order().ElementAt((Calls - (Calls / 4)) / 2);

    private static async Task<Site> SiteAsync(int reports)
    {
        var app = await new GatewayApp().Council("mail", Some.EmailCouncil("mail")).StartAsync();
        var pattern = (await app.PostAsync("mail", Some.Report())).Id;
        await app.MailsAsync(1);
        var (first, step) = await SiteFill.AddAsync(app.Get<IDatabase>(), pattern!, "mail", "BIN", reports);
        var accounts = app.Services.GetRequiredService<AccountStore>();
        await accounts.CreateAsync("bench", Password, new Rights(Role.Admin, []), "a benchmark", first: null, default);
        var account = (await accounts.ListAsync(default)).Single();
        return new Site(app, first + (7 * step), await SessionCookie.BeginAsync(app.Services, app.Address, account));
    }

    private sealed class Site(GatewayApp app, long delivery, string session) : IAsyncDisposable
    {
        public long Delivery => delivery;

        /// <summary>Measures from the request to the last byte of the response, with client and server on one machine.</summary>
        public async Task<double> TimeAsync(string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Address, path));
            request.Headers.Add("Cookie", session.Split(';')[0]);
            var start = Stopwatch.GetTimestamp();
            using var response = await app.Http.SendAsync(request);
            await response.Content.ReadAsByteArrayAsync();
            if (response.StatusCode != System.Net.HttpStatusCode.OK)
                throw new InvalidOperationException($"{path}: {response.StatusCode}");
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}

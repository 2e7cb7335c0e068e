using System.Globalization;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>Deleting expired data from a database of a million reports, window by window, compared with a hundredth of that.</summary>
internal static class RetentionBenchmark
{
    private const int Big = 1_000_000;
    private const int Small = Big / 100;
    private const double GoalMs = 100;

    public static async Task RunAsync()
    {
        var (other, otherDurable) = await StepsAsync(Small);
        var (own, durable) = await StepsAsync(Big);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            | deleting expired data of a million reports: slowest of {own.Count:N0} steps, statements only | {own[^1]:0.0} ms (median: {At(own, 0.5):0.00}) | {other[^1]:0.0} ms (median: {At(other, 0.5):0.00}) with {Small:N0} | {At(own, 0.5) / At(other, 0.5):0.00} (medians) | < {GoalMs} ms |
            | the same including the commit, 99th percentile | {At(durable, 0.99):0.0} ms (median: {At(durable, 0.5):0.00}) | {At(otherDurable, 0.99):0.0} ms (median: {At(otherDurable, 0.5):0.00}) with {Small:N0} | {At(durable, 0.5) / At(otherDurable, 0.5):0.00} (medians) | |
            """));
    }

    /// <returns>The duration of the statements of each step and of each write including its commit, sorted ascending.</returns>
    private static async Task<(List<double> Statements, List<double> Durable)> StepsAsync(int reports)
    {
        await using var app = await new GatewayApp().Council("mail", Some.EmailCouncil("mail")).StartAsync();
        var pattern = (await app.PostAsync("mail", Some.Report())).Id;
        await app.MailsAsync(1);
        await RetentionFill.AddAsync(app.Get<IDatabase>(), pattern, reports);
        var watched = new WatchedDatabase(app.Get<IDatabase>());
        var sweeps = app.Services.GetServices<ISweep>().Select(s => (ISweep)ActivatorUtilities.CreateInstance(app.Services, s.GetType(), watched));
        var removed = await new RetentionRun(sweeps, app.Get<IOptions<RetentionOptions>>(), TimeProvider.System).RunAsync(remove: true, default);
        if (removed[0].Count < reports / 3)
            throw new InvalidOperationException($"{removed[0].Count} removed");
        return (Sorted(watched.Statements), Sorted(watched.Writes));
    }

    private static List<double> Sorted(IEnumerable<TimeSpan> times) => [.. times.Select(t => t.TotalMilliseconds).Order()];

    private static double At(List<double> sorted, double part) => sorted[(int)((sorted.Count - 1) * part)];
}

using System.Globalization;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>Clearing a database of a million reports, window by window, against one of a hundredth of that.</summary>
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
            | clearing what was kept long enough of a million reports: the slowest statements of {own.Count:N0} steps | {own[^1]:0.0} ms (median: {At(own, 0.5):0.00}) | {other[^1]:0.0} ms (median: {At(other, 0.5):0.00}) of {Small:N0} | {At(own, 0.5) / At(other, 0.5):0.00} of the medians | < {GoalMs} ms |
            | the same until a step is on the disk, 99 % | {At(durable, 0.99):0.0} ms (median: {At(durable, 0.5):0.00}) | {At(otherDurable, 0.99):0.0} ms (median: {At(otherDurable, 0.5):0.00}) of {Small:N0} | {At(durable, 0.5) / At(otherDurable, 0.5):0.00} of the medians | |
            """));
    }

    /// <returns>How long the statements of each step took, and how long each write until it was durable; the slowest last.</returns>
    private static async Task<(List<double> Statements, List<double> Durable)> StepsAsync(int reports)
    {
        await using var app = await new GatewayApp().Council("mail", Some.EmailCouncil("mail")).StartAsync();
        var pattern = (await app.PostAsync("mail", Some.Report())).Id;
        await app.MailsAsync(1);
        await RetentionFill.AddAsync(app.Get<IDatabase>(), pattern, reports);
        var watched = new WatchedDatabase(app.Get<IDatabase>());
        var sweeps = app.Services.GetServices<ISweep>().Select(s => (ISweep)ActivatorUtilities.CreateInstance(app.Services, s.GetType(), watched));
        var cleared = await new RetentionRun(sweeps, app.Get<IOptions<RetentionOptions>>(), TimeProvider.System).RunAsync(remove: true, default);
        if (cleared[0].Count < reports / 3)
            throw new InvalidOperationException($"{cleared[0].Count} cleared");
        return (Sorted(watched.Statements), Sorted(watched.Writes));
    }

    private static List<double> Sorted(IEnumerable<TimeSpan> times) => [.. times.Select(t => t.TotalMilliseconds).Order()];

    private static double At(List<double> sorted, double part) => sorted[(int)((sorted.Count - 1) * part)];
}

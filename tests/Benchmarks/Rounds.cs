using System.Diagnostics;
using System.Globalization;

namespace PluginGateway.Benchmarks;

/// <summary>Measures two alternatives in turn, A B A B, so that changes in the speed of the machine affect both.</summary>
internal static class Rounds
{
    public const int Count = 7;

    private const int WarmUps = 4;

    public static readonly TimeSpan Length = TimeSpan.FromSeconds(2);

    /// <summary>Compares two rates; higher is better.</summary>
    public static async Task CompareAsync(string what, string unit, double goal, Func<Task<double>> gateway, Func<Task<double>> baseline)
    {
        // Warm-up: the JIT compiles and optimises the code.
        for (var i = 0; i < WarmUps; i++)
        {
            await gateway();
            await baseline();
        }

        var (own, other, ratios) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Count; i++)
        {
            own.Add(await gateway());
            other.Add(await baseline());
            ratios.Add(own[^1] / other[^1]);
        }

        Print(what, unit, own, other, ratios, $"≥ {goal.ToString(CultureInfo.InvariantCulture)}");
    }

    public static void Print(string what, string unit, List<double> own, List<double> other, List<double> ratios, string goal) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {Median(own):N0} {unit} | {Median(other):N0} {unit} | {Median(ratios):0.00} ({ratios.Min():0.00} to {ratios.Max():0.00}) | {goal} |"));

    /// <summary>Returns the number of requests answered per second over some connections during one round.</summary>
    public static async Task<double> RateAsync(Uri address, int connections, Func<int, byte[]> request)
    {
        using var stop = new CancellationTokenSource(Length);
        var start = Stopwatch.GetTimestamp();
        var counts =
            await Task.WhenAll(
                Enumerable.Range(0, connections)
                    .Select(n => Task.Run(() => LoadConnection.RunAsync(address, i => request((i * connections) + n), stop.Token))));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

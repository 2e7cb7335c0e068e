using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>
/// The time from the start of the process to the first response, in the Release configuration, from the DLL, compared with an empty ASP.NET
/// Core app.
/// </summary>
internal static class StartBenchmark
{
    private const int Starts = 15;

    public static async Task RunAsync()
    {
        using var folder = new TempFolder();
        folder.Write("councils/bench.json", Some.EmailCouncil("bench"));
        Built.Drop("Open311", folder.At("plugins"));
        string[] settings =
        [
            $"--State:Path={folder.At("state")}", $"--Councils:Path={folder.At("councils")}", $"--Plugins:Path={folder.At("plugins")}",
            $"--Email:PickupPath={folder.At("pickup")}", "--Logging:LogLevel:Default=Warning",
        ];
        var (own, other, ratios) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i <= Starts; i++)
        {
            var gateway = await StartAsync("/open311/v2/services.xml?jurisdiction_id=bench", url => [Built.HostProgram, $"--urls={url}", .. settings]);
            var empty = await StartAsync("/", url => [Path.Combine(AppContext.BaseDirectory, "PluginGateway.Benchmarks.dll"), "--empty-app", url]);
            // The first start creates the database and fills the disk cache.
            if (i == 0)
                continue;
            own.Add(gateway);
            other.Add(empty);
            ratios.Add(gateway / empty);
        }

        Rounds.Print("start to first response", "ms", own, other, ratios, "≤ 2.5");
    }

    private static async Task<double> StartAsync(string path, Func<string, string[]> arguments)
    {
        var port = FreePort();
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments(url))
            start.ArgumentList.Add(argument);

        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri(url) };
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
            do
            {
                await timer.WaitForNextTickAsync();
                if (process.HasExited)
                    throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
            }
            while (!await ListensAsync(port));

            using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
            response.EnsureSuccessStatusCode();
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>Checks the port without throwing: hundreds of exceptions would use CPU time that the measured start needs.</summary>
    private static async Task<bool> ListensAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var connecting = new SocketAsyncEventArgs { RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, port) };
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connecting.Completed += (_, _) => connected.SetResult();
        if (socket.ConnectAsync(connecting))
            await connected.Task;
        return connecting.SocketError == SocketError.Success;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

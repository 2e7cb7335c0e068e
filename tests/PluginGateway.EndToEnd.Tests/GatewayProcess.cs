using System.Diagnostics;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Runs the program in a separate process that can be killed.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly Process _process;

    private readonly List<string> _output;

    private GatewayProcess(Process process, Uri address, List<string> output)
    {
        _process = process;
        _output = output;
        Address = address;
    }

    /// <summary>The output so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output);
        }
    }

    public Uri Address { get; }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static Task<GatewayProcess> StartAsync(params string[] settings) => StartAsync([], settings);

    /// <param name="environment">Environment variables in addition to those of this process.</param>
    /// <param name="settings">The command line.</param>
    public static async Task<GatewayProcess> StartAsync(Dictionary<string, string> environment, string[] settings)
    {
        var process = Begin([.. settings, "--urls=http://127.0.0.1:0"], environment);
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new List<string>();
        process.OutputDataReceived += (_, line) =>
        {
            lock (output)
                output.Add(line.Data ?? "");
            if (line.Data?.IndexOf("listens on ", StringComparison.Ordinal) is >= 0 and var at)
                address.TrySetResult(new Uri(line.Data[(at + 11)..].Split(' ')[0]));
        };
        process.Exited += (_, _) => address.TrySetException(new InvalidOperationException(string.Join('\n', output)));
        process.EnableRaisingEvents = true;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new GatewayProcess(process, await address.Task.WaitAsync(TimeSpan.FromSeconds(60)), output);
    }

    /// <summary>Runs a command and waits for it to exit.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] args)
    {
        using var process = Begin(args, []);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new TimeoutException($"{string.Join(' ', args)} did not exit: {await output}{await errors}", e);
        }

        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Kills the process with SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Stops the process with SIGTERM, as a service manager does.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    /// <summary>Starts the process without waiting for anything.</summary>
    public static Process Begin(string[] args, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Built.HostProgram);
        const string state = "--State:Path=";
        var folder = Array.Find(args, a => a.StartsWith(state, StringComparison.Ordinal));
        // These come first, so that the caller's arguments override them.
        var limits = args.Any(a => a.StartsWith("--Limits:", StringComparison.Ordinal)) ? [] : TestLimits.High;
        foreach (var arg in folder is null ? args : [.. TestStore.Settings(folder[state.Length..]), .. limits, .. args])
            start.ArgumentList.Add(arg);
        // Collecting profiles costs more than it gains in a process that lives for seconds.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}

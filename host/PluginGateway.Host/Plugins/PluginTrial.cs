using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using PluginGateway.Host.Commands;
using PluginGateway.PluginHosting.Admission;

namespace PluginGateway.Host.Plugins;

/// <summary>Runs the command <c>plugin try</c> in another process with the same settings, and observes how that process ends.</summary>
internal sealed class PluginTrial(StartArguments arguments, ILogger<PluginTrial> log) : IPluginTrial
{
    /// <summary>An exit code above this value is the number of the signal that ended the process.</summary>
    private const int Signal = 128;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    /// <summary>The signals that a process gets from others: SIGHUP, SIGINT, SIGKILL and SIGTERM.</summary>
    private static readonly int[] FromOutside = [Signal + 1, Signal + 2, Signal + 9, Signal + 15];

    public async Task<TrialResult> RunAsync(string adapterName, string folder, CancellationToken ct)
    {
        log.TrialBegun(adapterName, folder);
        try
        {
            var result = await RunAsync(folder, ct);
            log.TrialEnded(adapterName, result.Outcome, result.Detail);
            return result;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException)
        {
            return new TrialResult(TrialOutcome.Unclear, $"the process could not be started: {e.Message}");
        }
    }

    private async Task<TrialResult> RunAsync(string folder, CancellationToken ct)
    {
        using var process = Process.Start(StartInfo(folder)) ?? throw new InvalidOperationException("no process was started");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        using var deadline = new CancellationTokenSource(Within);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            ct.ThrowIfCancellationRequested();
            return new TrialResult(TrialOutcome.Survived, "the process did not end in time");
        }

        await errors;
        var text = await output;
        return text.Contains(PluginCommands.Tried, StringComparison.Ordinal) ? new TrialResult(TrialOutcome.Survived, "no problem was found")
            : FromOutside.Contains(process.ExitCode) ? new TrialResult(TrialOutcome.Unclear, "the process was killed from outside")
            : !text.Contains(PluginCommands.Trying, StringComparison.Ordinal) || text.Contains(PluginCommands.NotTried, StringComparison.Ordinal)
                ? new TrialResult(TrialOutcome.Unclear, $"the process ended before the plug-in was loaded ({Describe(process.ExitCode)})")
            : new TrialResult(TrialOutcome.Died, Describe(process.ExitCode));
    }

    private static string Describe(int exitCode)
    {
        var code = exitCode.ToString(CultureInfo.InvariantCulture);
        return exitCode switch
        {
            Signal + 6 => $"exit code {code}: the runtime ended it, for example after a stack overflow or an unhandled exception",
            Signal + 11 => $"exit code {code}: invalid memory access",
            _ => $"exit code {code}",
        };
    }

    private ProcessStartInfo StartInfo(string folder)
    {
        var program = typeof(Gateway).Assembly.Location;
        var isProgram = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == Path.GetFileNameWithoutExtension(program);
        var start = new ProcessStartInfo
        {
            FileName = isProgram || IsDotNet(Environment.ProcessPath) ? Environment.ProcessPath! : "dotnet",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (!isProgram)
            start.ArgumentList.Add(program);
        foreach (var argument in (string[])["plugin", "try", folder, .. arguments.Settings])
            start.ArgumentList.Add(argument);
        // A crash is expected, so it must not write a memory dump.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return start;
    }

    private static bool IsDotNet(string? path) => Path.GetFileNameWithoutExtension(path) == "dotnet";
}

/// <summary>The settings on the command line of this process.</summary>
internal sealed record StartArguments(IReadOnlyList<string> Settings);

internal static partial class PluginTrialLog
{
    [LoggerMessage(
        4006, LogLevel.Warning,
        "A process of the gateway ended while adapter {Adapter} was being loaded. Loading it in a separate process, to find out whether it is the cause: "
            + "{Folder}")]
    public static partial void TrialBegun(this ILogger log, string adapter, string folder);

    [LoggerMessage(4007, LogLevel.Warning, "The trial of adapter {Adapter} ended: {Outcome}, {Detail}.")]
    public static partial void TrialEnded(this ILogger log, string adapter, TrialOutcome outcome, string detail);
}

using System.Diagnostics;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Runs the .NET SDK as a developer would.</summary>
internal static class DotNet
{
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(5);

    /// <summary>Runs a command in a folder and returns its output; an exit code other than 0 fails the test.</summary>
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // Removes the variables that the build running these tests sets for its child processes.
        foreach (var name in start.Environment.Keys.Where(
            k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        // Prevents build servers from running on after the command.
        (start.Environment["MSBUILDDISABLENODEREUSE"], start.Environment["UseSharedCompilation"], start.Environment["DOTNET_NOLOGO"]) = ("1", "false", "1");

        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(MaxDuration);
        await using var kill = deadline.Token.Register(() => process.Kill(entireProcessTree: true));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        await process.WaitForExitAsync(CancellationToken.None);
        var text = await output + await errors;
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{text}");
        return text;
    }
}

using System.Diagnostics;
using System.Text.RegularExpressions;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Runs the requests of the README's first steps against a gateway in its development environment.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task First_steps_of_the_readme_succeed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the README's commands are for a POSIX shell");
        var requests = Requests().ToList();
        await using var gateway = await GatewayProcess.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["ASPNETCORE_ENVIRONMENT"] = "Development" },
            // With the default limits.
            [$"--State:Path={_folder.At("state")}", $"--Email:PickupPath={_folder.At("pickup")}", "--Limits:CallsPerAddress=60"]);

        Assert.InRange(requests.Count, 6, 20);
        var answers = new List<string>();
        foreach (var request in requests)
            answers.Add(await RunAsync(request, gateway.Address));
        var report = requests.FindIndex(r => r.Contains("POTHOLE -d", StringComparison.Ordinal));
        var repeated = await RunAsync(requests[report], gateway.Address);
        var changed = await RunAsync(requests[report].Replace("A deep hole", "A deeper hole", StringComparison.Ordinal), gateway.Address);

        Assert.Equal(IdOf(answers[report]), IdOf(repeated));
        Assert.NotEqual(IdOf(answers[report]), IdOf(changed));
        // One for each content of the pothole, and one for the bin that arrives through the Open311 adapter.
        await Eventually.TrueAsync(
            () => Directory.Exists(_folder.At("pickup")) && Directory.GetFiles(_folder.At("pickup"), "*.eml").Length == 3, "three e-mails are written");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The README's curl commands; a command can continue on the next line.</summary>
    private static IEnumerable<string> Requests() => SourceTree.Text("README.md").Replace("\\\n", " ", StringComparison.Ordinal)
        .Split('\n').Where(l => l.StartsWith("    curl ", StringComparison.Ordinal)).Select(l => l.Trim());

    private static string IdOf(string answer) => ReportId().Match(answer).Groups["id"].Value is { Length: > 0 } id ? id : throw new FormatException(answer);

    private static async Task<string> RunAsync(string command, Uri address)
    {
        var start = new ProcessStartInfo("sh") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(
            command.Replace("curl ", "curl -sS --fail-with-body ", StringComparison.Ordinal)
                .Replace("http://127.0.0.1:5311", address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal));
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command}: {await output} {await errors}");
        return await output;
    }

    [GeneratedRegex("<service_request_id>(?<id>[^<]+)<", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ReportId();
}

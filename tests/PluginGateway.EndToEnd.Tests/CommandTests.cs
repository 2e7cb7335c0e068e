using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests the command line in a separate process.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Check_confirms_valid_files_and_reports_every_error()
    {
        _folder.Write(
            "councils/a.json",
            Some.EmailCouncil(
                "a", "\"examples\": [ { \"report\": { \"service\": \"BIN\" }, \"expect\": { \"plan.to\": \"highways@a.example\", \"owner\": \"email\" } } ],"));
        Assert.Equal((0, $"{_folder.At("councils/a.json")}: valid\n"), Outcome(await RunAsync("check")));

        var invalid = _folder.Write(
            "invalid.json", Some.EmailCouncil("b", "\"examples\": [ { \"report\": { \"service\": \"BIN\" }, \"expect\": { \"plan.to\": \"x\" } } ],")
            .Replace("\"to\": \"highways@b.example\"", "\"to\": \"nobody\", \"cc\": 1", StringComparison.Ordinal));
        Assert.Equal(
            (1, $"{invalid}: 1 error\n  $.backends.email.settings.cc: is not known; known here: to, template, services\n"),
            Outcome(await RunAsync("check", invalid)));

        var example = _folder.Write(
            "example.json", Some.EmailCouncil("b", "\"examples\": [ { \"report\": { \"service\": \"BIN\" }, \"expect\": { \"plan.to\": \"x\" } } ],"));
        Assert.Equal(
            (1, $"{example}: 1 error\n  $.examples[0].expect.plan.to: expected \"x\", but it is \"highways@b.example\"\n"),
            Outcome(await RunAsync("check", example)));
    }

    [Fact]
    public async Task Check_reports_a_missing_plug_in()
    {
        var file = _folder.Write("c.json", Some.Open311Council("c", "http://127.0.0.1/"));

        Assert.Equal(
            (1,
                $"{file}: 1 error\n  $.backends.open311.adapter: there is no plug-in for adapter \"open311\"; "
                    + "add one to the plug-ins folder or correct the name\n"),
            Outcome(await RunAsync("check", file)));
    }

    [Fact]
    public async Task Wrong_usage_returns_exit_code_2()
    {
        Assert.Equal(2, (await RunAsync("chekc")).ExitCode);
        Assert.Equal(2, (await RunAsync("check", "--nonsense")).ExitCode);
        Assert.Equal(2, (await RunAsync("check", _folder.At("nowhere.json"))).ExitCode);
        Assert.Equal(2, (await RunAsync("key", "create")).ExitCode);
    }

    [Fact]
    public async Task Created_key_works_immediately_and_a_revoked_one_stops_working()
    {
        _folder.Write("councils/a.json", Some.EmailCouncil("a"));
        await using var gateway = await GatewayProcess.StartAsync(Settings());
        using var http = new HttpClient { BaseAddress = gateway.Address };

        var created = await RunAsync("key", "create", "--client", "A site", "--council", "a");
        Assert.Equal(0, created.ExitCode);
        var key = created.Output.Trim();
        Assert.Equal(200, await PostAsync(http, key));

        var list = (await RunAsync("key", "list")).Output;
        Assert.Contains("A site", list, StringComparison.Ordinal);
        Assert.DoesNotContain(key, list, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("key", "revoke", "1")).ExitCode);
        await Eventually.TrueAsync(async () => await PostAsync(http, key) == 403, "the revoked key is rejected");
        Assert.Equal(1, (await RunAsync("key", "revoke", "1")).ExitCode);
    }

    [Fact]
    public async Task Pause_and_send_method_apply_to_a_running_gateway()
    {
        _folder.Write(
            "councils/a.json",
            Some.EmailCouncil("a")
                .Replace("\"backends\": {", "\"sendMethod\": \"email\", \"backends\": { \"nowhere\": { \"adapter\": \"blackhole\" "
                    + "},", StringComparison.Ordinal));
        var key = (await RunAsync("key", "create", "--client", "A site")).Output.Trim();
        await using var gateway = await GatewayProcess.StartAsync(Settings());
        using var http = new HttpClient { BaseAddress = gateway.Address };

        Assert.Equal((0, "a, back end email: paused.\n"), Outcome(await RunAsync("queue", "pause", "a", "--backend", "email", "--reason", "a test")));
        Assert.Equal((1, ""), Outcome(await RunAsync("queue", "pause", "a", "--backend", "mail", "--reason", "a test")));
        // The gateway notices the pause within a second. Earlier reports may still be sent.
        await Eventually.TrueAsync(
            async () => await PostAsync(http, key) == 200
                && (await RunAsync("queue", "list", "--json")).Output.Contains("\"pending\"", StringComparison.Ordinal), "a report is waiting");
        var list = (await RunAsync("queue", "list")).Output;
        Assert.Contains("SENDING STOPPED since", list, StringComparison.Ordinal);
        Assert.Contains("a test", list, StringComparison.Ordinal);

        var set = await RunAsync("send-method", "set", "a", "nowhere", "--service", "BIN", "--reason", "a trial");
        Assert.Equal((0, "a, service BIN: nowhere. 1 waiting report moved.\n"), Outcome(set));
        await Eventually.TrueAsync(async () => (await RunAsync("queue", "list", "--json")).Output.Trim() == "[]", "the queue is empty");
        Assert.Contains("BIN      nowhere", (await RunAsync("send-method", "list")).Output, StringComparison.Ordinal);
        Assert.Equal((0, "a, back end email: sending resumed.\n"), Outcome(await RunAsync("queue", "resume", "a", "--backend", "email", "--all")));
        Assert.Equal(1, (await RunAsync("queue", "resume", "a", "--backend", "email", "--all")).ExitCode);
        Assert.Equal(2, (await RunAsync("queue", "resume", "a", "--one", "--all")).ExitCode);
        Assert.Equal(2, (await RunAsync("queue", "cancel", "PG1")).ExitCode);
        Assert.Equal(1, (await RunAsync("queue", "cancel", "PG1", "--reason", "none")).ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<int> PostAsync(HttpClient http, string key)
    {
        using var form = new FormUrlEncodedContent(Some.Report().Concat([("api_key", key)]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var response = await http.PostAsync(new Uri("/open311/a/v2/requests.xml", UriKind.Relative), form);
        return (int)response.StatusCode;
    }

    private static (int, string) Outcome((int ExitCode, string Output, string Errors) run) => (run.ExitCode, run.Output);

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => GatewayProcess.RunAsync([.. command, .. Settings()]);

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}",
        $"--Plugins:Path={_folder.At("plugins")}",
    ];
}

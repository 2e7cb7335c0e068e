using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Tests privacy with canary values: a reporter's name, address and telephone number, and all keys and passwords. None may appear in stored
/// attempts, logs, alerts or the output of commands.
/// </summary>
public sealed class PrivacyTests : IAsyncLifetime
{
    private const string Key = "pgw_canarykey0123456789";
    private const string Secret = "canary-Secret-55";
    private static readonly string[] Canaries = [Key, Secret, "Canaryfirst", "Canarylast", "canary.person@example.net", "020 7946 0991", "02079460991"];

    private readonly TempFolder _folder = new();
    private StubOpen311 _council = null!;

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        Built.Drop("Open311", _folder.At("plugins"));
        _folder.Write("secrets/CANARY", Secret);
        _folder.Write(
            "councils/c.json",
            Some.Open311Council("c", _council.Endpoint).Replace("direct", "queued", StringComparison.Ordinal)
                .Replace("\"k\"", "\"${secret:CANARY}\"", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _council.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Personal_data_and_secrets_are_absent_from_attempts_logs_alerts_and_command_output()
    {
        // The council's system echoes the request in its errors, as some real systems do.
        _council.BeforeCreate = async (http, n) =>
        {
            var sent = string.Join(", ", http.Request.Form.Select(f => $"{f.Key}={f.Value}"));
            http.Response.StatusCode = (n % 3) switch { 0 => 400, 1 => 500, _ => 403 };
            await http.Response.WriteAsync(
                $"<errors><error><code>400</code><description>Bad: {WebUtility.HtmlEncode(sent)}; tel 02079460991</description></error></errors>");
        };
        await using var process = await GatewayProcess.StartAsync(Settings());
        Assert.Equal(0, (await RunAsync("key", "create", "--client", "a site")).ExitCode);
        using var http = new HttpClient { BaseAddress = process.Address };
        var key = (await RunAsync("key", "create", "--client", "another site")).Output.Trim();
        for (var i = 0; i < 9; i++)
            Assert.Equal(HttpStatusCode.OK, await PostAsync(http, key, i));
        // A key that is invalid here may be valid elsewhere.
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(http, Key, 99));

        await Eventually.TrueAsync(
            () => Directory.Exists(_folder.At("pickup")) && Directory.GetFiles(_folder.At("pickup"), "*.eml").Length > 0, "an alert is sent");
        await Eventually.TrueAsync(
            async () => (await RunAsync("queue", "list", "--json")).Output.Contains("Bad", StringComparison.Ordinal), "the council's error is in the list");
        var outputs = new List<string>();
        foreach (var command in new[] { "queue list", "queue list --json", "queue list --by-cause", "send-method list", "key list", "check" })
            outputs.Add((await RunAsync(command.Split(' '))).Output);
        var id = System.Text.Json.JsonDocument.Parse(outputs[1]).RootElement[0].GetProperty("report").GetString()!;
        var shown = await RunAsync("queue", "show", id);
        Assert.Contains("Bad", shown.Output, StringComparison.Ordinal);
        outputs.AddRange([shown.Output, shown.Errors, (await RunAsync("queue", "resend", id, "--reason", "canary")).Output]);
        await process.KillAsync();

        outputs.AddRange(Directory.GetFiles(_folder.At("pickup"), "*.eml").Select(File.ReadAllText));
        outputs.Add(process.Output);
        outputs.Add(await StoredAsync());
        Assert.All(outputs, text => Assert.DoesNotContain(Canaries, c => text.Contains(c, StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain(outputs, text => text.Contains(key, StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient http, string key, int number)
    {
        using var form = new FormUrlEncodedContent(Some.Report(
            reference: string.Create(CultureInfo.InvariantCulture, $"{number}"),
            more: [("api_key", key), ("jurisdiction_id", "c"), ("first_name", "Canaryfirst"), ("last_name", "Canarylast"),
                ("email", "canary.person@example.net"), ("phone", "020 7946 0991")])
            .Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var response = await http.PostAsync(new Uri("/open311/v2/requests.xml", UriKind.Relative), form);
        return response.StatusCode;
    }

    /// <summary>Returns every text in the database except the reports themselves, which contain personal data.</summary>
    private async Task<string> StoredAsync()
    {
        var all = new List<string>();
        foreach (var sql in new[]
        {
            "SELECT CONCAT(cause, detail) FROM attempt", "SELECT cause FROM delivery", "SELECT text FROM incident", "SELECT reason FROM suspension",
            "SELECT breaker_cause FROM lane", "SELECT CONCAT(before, after, why) FROM audit", "SELECT name FROM client",
        })
            all.AddRange(await TestStore.Open(_folder.At("state")).ReadAsync(db => db.ListAsync<string>(sql), default));
        foreach (var sql in new[] { "SELECT hash FROM api_key", "SELECT content FROM service_version" })
            foreach (var bytes in await TestStore.Open(_folder.At("state")).ReadAsync(db => db.ListAsync<byte[]>(sql), default))
                all.AddRange(Convert.ToHexString(bytes), System.Text.Encoding.UTF8.GetString(bytes));

        return string.Join('\n', all);
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => GatewayProcess.RunAsync([.. command, .. Settings()]);

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Councils:SecretsPath={_folder.At("secrets")}",
        $"--Email:PickupPath={_folder.At("pickup")}",
        $"--Plugins:Path={_folder.At("plugins")}", "--Alerts:To=ops@example.org", "--Alerts:Every=00:00:00.2", "--Sending:SettingsProbe=00:00:00.1",
        "--Sending:Retry:0=00:00:00.1", "--Sending:BreakerFirstWait=00:00:00.1", "--Logging:LogLevel:Default=Debug",
    ];
}

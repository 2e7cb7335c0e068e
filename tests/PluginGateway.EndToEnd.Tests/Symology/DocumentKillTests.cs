using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>Kills the process repeatedly while it stores and reads a file; in the end every row is exactly one update.</summary>
public sealed class DocumentKillTests : IAsyncDisposable
{
    private const int Rows = 15_000;

    /// <summary>The exit codes of a killed process, on Linux and on Windows.</summary>
    private static readonly int[] Killed = [128 + 9, -1];

    /// <summary>A time in winter, when the council's local time is UTC.</summary>
    private static readonly DateTime First = new(2026, 1, 1, 9, 0, 0, DateTimeKind.Unspecified);

    private readonly TempFolder _folder = new();
    private string? _key;

    [Fact]
    public async Task Kills_while_a_file_is_stored_and_read_lose_and_duplicate_nothing()
    {
        await using var council = await SimulatedCouncil.StartAsync();
        _folder.Write("councils/bexley.json", council.File(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _folder.At("drop") }));
        _folder.Write("secrets/BEXLEY_SYMOLOGY_PASSWORD", "simulator");
        _folder.Write("drop/highways.csv", File());
        Built.Drop("Symology", _folder.At("plugins"));

        // Points before and after commits, from the end of the start to the end of the reading.
        foreach (var point in new[] { 12, 18, 23, 29, 36, 44, 53, 61 })
            Assert.Contains(
                (await GatewayProcess.RunAsync(
                    [.. Serving(), "--urls=http://127.0.0.1:0", string.Create(CultureInfo.InvariantCulture, $"--Faults:KillAt={point}")])).ExitCode, Killed);

        await using var gateway = await GatewayProcess.StartAsync(Serving());
        using var http = new HttpClient();
        var last = First.AddMinutes(Rows - 1);
        await Eventually.TrueAsync(async () => (await UpdatesAsync(http, gateway, last, last.AddMinutes(1))).Count > 0, "the last row is served");
        var updates = await UpdatesAsync(http, gateway, First.AddDays(-1), last.AddDays(1));

        Assert.Equal(Rows, updates.Count);
        Assert.Equal(Rows, updates.Select(u => u!["update_id"]!.ToString()).Distinct(StringComparer.Ordinal).Count());
        await Eventually.TrueAsync(
            async () => (await ListAsync()).Any(
                d => d!["name"]!.ToString() == "highways.csv" && d["state"]!.ToString() == "read" && d["updates"]!.ToString() == "15000"),
                "the document is read");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string File()
    {
        var text = new StringBuilder(SymologyExports.Header("highways")).Append("\r\n");
        for (var i = 0; i < Rows; i++)
            text.Append(SymologyExports.Row(
                "highways", 560_250 + (i % 4_000), First.AddMinutes(i), new Dictionary<string, string> { ["Action Due"] = "NR" })).Append("\r\n");
        return text.ToString();
    }

    private async Task<JsonArray> UpdatesAsync(HttpClient http, GatewayProcess gateway, DateTime from, DateTime until)
    {
        _key ??= (await GatewayProcess.RunAsync([.. Settings(), "key", "create", "--client", "a site"])).Output.Trim();
        var target = $"/open311/v2/servicerequestupdates.json?jurisdiction_id=bexley&api_key={_key}&start_date={from:s}Z&end_date={until:s}Z";
        return JsonNode.Parse(await http.GetStringAsync(new Uri(gateway.Address, target)))!.AsArray();
    }

    private string[] Serving() => [.. Settings(), "--Updates:Settle=00:00:00", "--Updates:Every=00:00:01"];

    private async Task<JsonArray> ListAsync()
    {
        var (_, output, _) = await GatewayProcess.RunAsync([.. Settings(), "documents", "list", "--json"]);
        return JsonNode.Parse(output)!.AsArray();
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Councils:SecretsPath={_folder.At("secrets")}",
        $"--Plugins:Path={_folder.At("plugins")}",
        "--Logging:LogLevel:PluginGateway=Warning", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information",
    ];
}

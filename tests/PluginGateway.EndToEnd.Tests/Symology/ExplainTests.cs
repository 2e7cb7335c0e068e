using System.Text.Json.Nodes;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>Tests the <c>explain</c> command: it shows the complete processing of a report without sending anything.</summary>
public sealed class ExplainTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private SimulatedCouncil? _council;

    [Fact]
    public async Task Explain_shows_category_owner_route_rules_request_and_copies()
    {
        await StartAsync();
        var report = _folder.Write("report.json", """
            { "service_code": "LAMP", "lat": 51.4667, "long": 0.1811, "description": "Wires hang out", "requested_datetime": "2026-11-23T22:00:00Z",
              "media_url": ["https://pics.example/1.jpg"], "attribute": { "fault": "wires", "fixmystreet_id": 4711 } }
            """);

        var (exitCode, output, errors) = await RunAsync("explain", "bexley", report);

        Assert.Equal((0, ""), (exitCode, errors));
        foreach (var line in new[]
        {
            "category  LAMP, Street light (Street lighting)", "owner     symology (symology)", "route     symology (symology)",
            "+ exposed electricity: attribute.fault=wires -> Priority=P1, AnalysisCode2=DANG", "- the light is on all day: attribute.fault=wires",
            "copies    p1@bexley.example (immediately, even if paused), lighting@bexley.example (immediately, even if paused), "
                + "out-of-hours@bexley.example (immediately, even if paused)",
            "<tns:ExternalRef xsi:type=\"xsd:string\">4711</tns:ExternalRef>", "<tns:RecordedTime xsi:type=\"xsd:string\">21:58:00</tns:RecordedTime>",
        })
            Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.DoesNotContain("simulator", output, StringComparison.Ordinal);
        Assert.Empty(_council!.Service.Calls);
    }

    [Fact]
    public async Task Explain_shows_the_route_set_by_an_operator()
    {
        await StartAsync();
        var report = _folder.Write("report.json", """{ "service_code": "KERB", "lat": 51.4667, "long": 0.1811, "description": "Broken" }""");
        Assert.Equal(0, (await RunAsync("send-method", "set", "bexley", "email", "--reason", "Symology is being moved")).ExitCode);

        var (exitCode, output, _) = await RunAsync("explain", "bexley", report);

        Assert.Equal(0, exitCode);
        Assert.Contains("owner     symology (symology)\nroute     email (email)", output, StringComparison.Ordinal);
        Assert.Contains("Priority=N", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bexley", """{ "service_code": "POTH", "lat": 51.4667, "long": 0.1811, "description": "x" }""", "The report would be refused: ")]
    [InlineData("bexley", """{ "service_code": "NONE" }""", "bexley has no service NONE")]
    [InlineData("bexley", """{ "lat": 51 }""", "service_code was not provided.")]
    [InlineData("bexley", """{ "service_code": { "x": 1 } }""", "$.service_code must be a string")]
    [InlineData("bexley", """{ "service_code": "KERB", """, "is not valid JSON: line 1")]
    [InlineData("bexley", """{ "service_code": "\ud800" }""", "contains a text in line 1 that is not valid UTF-8")]
    [InlineData("barnet", """{ "service_code": "KERB" }""", "There is no council barnet.")]
    public async Task Explain_reports_errors(string council, string report, string message)
    {
        await StartAsync();

        var (exitCode, _, errors) = await RunAsync("explain", council, _folder.Write("report.json", report));

        Assert.Equal(1, exitCode);
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Document_commands_list_show_and_read_again()
    {
        await StartAsync(j => j["backends"]!["symology"]!["documents"] = new JsonObject { ["folder"] = _folder.At("drop") });
        _folder.Write("drop/highways-1.csv", "History Date/Time,CRNo,Action Due\r\n01/11/2026 09:30,7,NR\r\n01/11/2026 09:30,,NR\r\n");
        await using var gateway = await GatewayProcess.StartAsync([.. Settings(), "--Updates:Settle=00:00:00", "--Updates:Every=00:00:01"]);
        JsonNode? document = null;
        await Eventually.TrueAsync(
            async () => (document = JsonNode.Parse((await RunAsync("documents", "list", "--json")).Output)!.AsArray()
                .FirstOrDefault(d => d!["name"]!.ToString() == "highways-1.csv")) is not null && document["state"]!.ToString() == "read",
            "the document is read");
        var id = document!["id"]!.ToString();

        Assert.Equal(("1", "1", "1"), (document["updates"]!.ToString(), document["new"]!.ToString(), document["invalid"]!.ToString()));
        Assert.Contains("Collected ", (await RunAsync("documents", "list", "--council", "bexley")).Output, StringComparison.Ordinal);
        var shown = (await RunAsync("documents", "show", id)).Output;
        Assert.Contains(
            "Updates: 1 (1 new, published with their original times because this is the first document of its source); invalid rows: 1.",
            shown, StringComparison.Ordinal);
        Assert.Contains("3    CRNo is empty", shown, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("documents", "read-again", id)).ExitCode);
        await Eventually.TrueAsync(
            async () => (await RunAsync("documents", "show", id)).Output.Contains(": read. Updates: 1 (0 new", StringComparison.Ordinal),
            "the document is read again");
        Assert.Equal(1, (await RunAsync("documents", "show", "4711")).ExitCode);
        Assert.Equal(1, (await RunAsync("documents", "read-again", "4711")).ExitCode);
        Assert.Equal(2, (await RunAsync("documents", "show")).ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (_council is not null)
            await _council.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAsync(Action<JsonNode>? edit = null)
    {
        _council = await SimulatedCouncil.StartAsync();
        _folder.Write("councils/bexley.json", _council.File(edit));
        _folder.Write("secrets/BEXLEY_SYMOLOGY_PASSWORD", "simulator");
        Built.Drop("Symology", _folder.At("plugins"));
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => GatewayProcess.RunAsync([.. Settings(), .. command]);

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Councils:SecretsPath={_folder.At("secrets")}",
        $"--Plugins:Path={_folder.At("plugins")}",
        "--Logging:LogLevel:PluginGateway=Warning", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information",
    ];
}

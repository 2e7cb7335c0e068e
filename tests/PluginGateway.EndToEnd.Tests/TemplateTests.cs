using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests the steps of an adapter author from the README: template, build, test kit, publish, live, a report is delivered.</summary>
[Collection(nameof(Alone))]
public sealed class TemplateTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Adapter_from_the_template_passes_its_tests_and_delivers_a_report()
    {
        var clone = Clone();
        await DotNet.RunAsync(clone, "new", "install", "./plugin-templates", "--debug:custom-hive", _folder.At("hive"));
        await DotNet.RunAsync(clone, "new", "council-adapter", "-n", "Barnet", "--debug:custom-hive", _folder.At("hive"));
        var solution = await File.ReadAllTextAsync(Path.Combine(clone, "PluginGateway.sln"));
        Assert.Contains(@"plugins\Barnet\Barnet.csproj", solution, StringComparison.Ordinal);
        Assert.Contains(@"tests\Barnet.Tests\Barnet.Tests.csproj", solution, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.GetFiles(clone, "*", SearchOption.AllDirectories),
            f => f.Contains("Acme", StringComparison.Ordinal) && !f.Contains("plugin-templates", StringComparison.Ordinal));

        var tests = await DotNet.RunAsync(clone, "test", "tests/Barnet.Tests");
        Assert.Matches(@"Failed: +0, Passed: +\d{2}", tests);

        await using var council = await JsonCouncil.StartAsync();
        await using var gateway = await new GatewayApp().Council("barnet", $$"""
            { "jurisdictionId": "barnet", "name": "Barnet", "mode": "direct",
              "backends": { "barnet": { "adapter": "barnet", "settings": { "address": "{{council.Address}}", "apiKey": "key", "teams": { "POT": "Highways" } } } } }
            """).StartAsync();
        await DotNet.RunAsync(clone, "publish", "plugins/Barnet", "-o", Path.Combine(gateway.Plugins, "barnet"));

        await Eventually.TrueAsync(() => gateway.Get<PluginCatalog>().Find("barnet") is not null, "the adapter is live");
        await Eventually.TrueAsync(
            async () => (await gateway.GetAsync("services.xml?jurisdiction_id=barnet")).Body.Contains(
                "<service_code>POT</service_code>", StringComparison.Ordinal), "its services are published");
        var answer = await gateway.PostAsync("barnet", Some.Report("POT"));

        Assert.Equal("A-1", answer.Id);
        var sent = Assert.Single(council.Cases);
        Assert.Equal(
            ("POT", "Highways", "A hole in the road", 51.5),
            ((string)sent["category"]!, (string)sent["team"]!, (string)sent["text"]!, (double)sent["latitude"]!));
        Assert.Empty(gateway.Get<PluginStatuses>().All.Where(s => s.State is PluginState.Refused or PluginState.Quarantined));
        Assert.DoesNotContain("PluginGateway.Contracts.dll", Directory.GetFiles(Path.Combine(gateway.Plugins, "barnet")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Template_can_be_packed_and_installed()
    {
        var clone = Clone();
        await DotNet.RunAsync(clone, "pack", "plugin-templates", "-o", _folder.At("packed"));
        var package = Assert.Single(Directory.GetFiles(_folder.At("packed"), "*.nupkg"));
        await using (var zip = await ZipFile.OpenReadAsync(package))
        {
            Assert.Contains(zip.Entries, e => e.FullName == "content/council-adapter/.template.config/template.json");
            Assert.Contains(zip.Entries, e => e.FullName == "content/council-adapter/plugins/Acme/AcmeAdapter.cs");
            Assert.DoesNotContain(zip.Entries, e => e.FullName.EndsWith(".dll", StringComparison.Ordinal));
        }

        Assert.Contains(
            "council-adapter", await DotNet.RunAsync(clone, "new", "install", package, "--debug:custom-hive", _folder.At("hive")), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Copies the sources, like a clone of the repository.</summary>
    private string Clone()
    {
        var clone = _folder.At("clone");
        foreach (var file in new DirectoryInfo(Built.Root).EnumerateFiles(
            "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            var relative = Path.GetRelativePath(Built.Root, file.FullName);
            if (relative.Split(Path.DirectorySeparatorChar)[0] is ".artifacts" or ".git" or ".vs")
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(clone, relative))!);
            file.CopyTo(Path.Combine(clone, relative));
        }

        return clone;
    }

    /// <summary>A small JSON back end on a real socket.</summary>
    private sealed class JsonCouncil : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private JsonCouncil(WebApplication app) => _app = app;

        public Uri Address => new(_app.Urls.First());

        public ConcurrentQueue<JsonNode> Cases { get; } = new();

        public static async Task<JsonCouncil> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var council = new JsonCouncil(builder.Build());
            council._app.Run(council.AnswerAsync);
            await council._app.StartAsync();
            return council;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task AnswerAsync(HttpContext http)
        {
            var answer = (http.Request.Method, http.Request.Path.Value) switch
            {
                _ when http.Request.Headers["X-Api-Key"] != "key" => null,
                ("GET", "/categories") => new JsonArray(new JsonObject { ["code"] = "POT", ["name"] = "Pothole" }),
                ("POST", "/cases") => CreateCase(await JsonNode.ParseAsync(http.Request.Body)),
                _ => (JsonNode?)null,
            };
            http.Response.StatusCode = answer is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(answer?.ToJsonString() ?? "");
        }

        private JsonObject CreateCase(JsonNode? message)
        {
            Cases.Enqueue(message!);
            return new JsonObject { ["id"] = $"A-{Cases.Count}" };
        }
    }
}

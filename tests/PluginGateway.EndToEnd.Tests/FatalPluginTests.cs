using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests plug-ins that end the process while they are loaded: the next start finds the version in a separate process, and serves the others.</summary>
public sealed class FatalPluginTests : IDisposable
{
    private const string Overflow = "private static int Down(int n) => n == int.MinValue ? n : Down(n + 1) + Down(n - 1);";

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string, string> Fatal => new()
    {
        { "Describe", "public AdapterDescriptor Describe() =>", $"{Overflow} public AdapterDescriptor Describe() => Down(0) == 1 ? null :" },
        { "Create", "public ICouncilAdapter Create(AdapterContext context) =>",
            $"{Overflow} public ICouncilAdapter Create(AdapterContext context) => Down(0) == 1 ? null :" },
        { "static constructor", "public AdapterDescriptor Describe() =>", $"{Overflow} static Plugin() => Down(0); public AdapterDescriptor Describe() =>" },
    };

    [Theory]
    [MemberData(nameof(Fatal))]
    public async Task Version_that_overflows_the_stack_is_quarantined_by_the_next_start(string where, string member, string fatal)
    {
        Assert.NotEmpty(where);
        _folder.Write("councils/c.json", Council("c", "fatal"));
        _folder.Write("councils/d.json", Council("d", "good"));
        var good = PluginForge.Plugin("good");
        PluginForge.Compile(_folder.At("plugins", "Good", "Good.dll"), good);
        var file = PluginForge.Compile(
            _folder.At("plugins", "Fatal", "Fatal.dll"), PluginForge.Plugin("fatal").Replace(member, fatal, StringComparison.Ordinal));
        await Assert.ThrowsAsync<InvalidOperationException>(StartAsync);

        await using (var gateway = await StartAsync())
        {
            Assert.Contains("Adapter good 1.2.3 is active", gateway.Output, StringComparison.Ordinal);
            using var http = new HttpClient();
            Assert.Contains(
                "no plug-in serves adapter fatal of c", await http.GetStringAsync(new Uri(gateway.Address, "/health/ready")), StringComparison.Ordinal);
            var list = await Eventually.GetAsync(
                async () => await ListAsync() is var l && l.Output.Contains("quarantined", StringComparison.Ordinal) ? l.Output : null, "the list");
            Assert.Matches("fatal .*quarantined .*it ends the process that loads it \\(exit code 134: the runtime ended it", list);
            Assert.Matches("good .*active", list);

            // Dropped again under another name, it stays out.
            var copy = _folder.At("plugins", "Copy", "Fatal.dll");
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
            await Eventually.TrueAsync(async () => (await ListAsync()).Output.Contains("Copy", StringComparison.Ordinal), "the copy is refused");
            Assert.False(gateway.HasExited);
        }

        await using var third = await StartAsync();
        Assert.Contains("Adapter good 1.2.3 is active", third.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Loading it in a separate process", third.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_that_is_killed_while_it_loads_blames_no_version()
    {
        _folder.Write("councils/c.json", Council("c", "good"));
        PluginForge.Compile(
            _folder.At("plugins", "Good", "Good.dll"),
            PluginForge.Plugin("good").Replace(
                "public AdapterDescriptor Describe() =>",
                $$"""
                private static void Wait()
                {
                    System.IO.File.WriteAllText("{{_folder.At("loading")}}", "");
                    if (!System.IO.File.Exists("{{_folder.At("go")}}"))
                        new System.Threading.ManualResetEventSlim().Wait();
                }
                static Plugin() => Wait();
                public AdapterDescriptor Describe() =>
                """,
                StringComparison.Ordinal));
        using (var process = GatewayProcess.Begin([.. Settings(), "--urls=http://127.0.0.1:0"], []))
        {
            await Eventually.TrueAsync(() => File.Exists(_folder.At("loading")), "the plug-in is being loaded");
            process.Kill();
            await process.WaitForExitAsync();
        }

        _folder.Write("go", "");
        await using var gateway = await StartAsync();

        Assert.Contains("Adapter good 1.2.3 is active", gateway.Output, StringComparison.Ordinal);
        Assert.Contains("The trial of adapter good ended: Survived", gateway.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Council(string id, string adapter) =>
        $$"""{ "jurisdictionId": "{{id}}", "name": "{{id}}", "backends": { "b": { "adapter": "{{adapter}}", "settings": {} } } }""";

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
        $"--Email:PickupPath={_folder.At("pickup")}", "--Plugins:Settle=00:00:00.05", "--Plugins:Every=00:00:00.1",
    ];

    private Task<GatewayProcess> StartAsync() => GatewayProcess.StartAsync(Settings());

    private Task<(int ExitCode, string Output, string Errors)> ListAsync() => GatewayProcess.RunAsync([.. Settings(), "plugin", "list"]);
}

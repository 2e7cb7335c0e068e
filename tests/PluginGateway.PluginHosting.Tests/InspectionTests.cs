using PluginGateway.PluginHosting.Inspection;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>
/// Tests the inspection before any code of a plug-in runs: the required contracts, code that pins the plug-in in memory or endangers the
/// process, and trust.
/// </summary>
public sealed class InspectionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> Pinning => new()
    {
        { "public string X() => System.Text.Json.JsonSerializer.Serialize(new { A = 1 });",
            "JsonSerializer.Serialize by reflection caches the type permanently; use a source-generated JsonSerializerContext" },
        { "public object X() => System.Net.Http.Json.JsonContent.Create(new { A = 1 });",
            "JsonContent.Create by reflection caches the type permanently; use a source-generated JsonSerializerContext" },
        { "public object X() => System.Text.Json.JsonSerializer.Deserialize<Adapter>(\"{}\");",
            "JsonSerializer.Deserialize by reflection caches the type permanently; use a source-generated JsonSerializerContext" },
        {
            "public object X(System.Net.Http.HttpClient c) => System.Net.Http.Json.HttpClientJsonExtensions.GetFromJsonAsync<Adapter>(c, \"/\");",
            "HttpClientJsonExtensions.GetFromJsonAsync by reflection caches the type permanently; use a source-generated JsonSerializerContext"
        },
        { "public void X() => System.ComponentModel.DataAnnotations.Validator.ValidateObject(this, new(this));",
            "Validator uses TypeDescriptor, which caches every type permanently; validate in code" },
        { "public object X() => new System.Runtime.Serialization.DataContractSerializer(typeof(Adapter));",
            "DataContractSerializer caches types with lists permanently; use LINQ to XML or XmlReader" },
        {
            "public object X() => new System.Runtime.Serialization.Json.DataContractJsonSerializer(typeof(Adapter));",
            "DataContractJsonSerializer caches types with lists permanently; use a source-generated JsonSerializerContext"
        },
        { "public object X() => new System.Timers.Timer(1_000);",
            "a Timer runs until it is disposed; dispose it when AdapterContext.Unloading fires" },
        { "public object X() => new System.Diagnostics.ActivityListener();",
            "an ActivityListener keeps the plug-in in memory until it is disposed; dispose it when AdapterContext.Unloading fires" },
        {
            "public object X() => System.Diagnostics.DiagnosticListener.AllListeners;",
            "a subscription to DiagnosticListener.AllListeners keeps the plug-in in memory until it is disposed; "
                + "dispose it when AdapterContext.Unloading fires"
        },
        { "public object X() => System.ComponentModel.TypeDescriptor.GetConverter(typeof(Adapter));",
            "TypeDescriptor caches every type permanently; do not use it" },
        { "public object X() => new System.Xml.Serialization.XmlSerializer(typeof(Adapter));",
            "XmlSerializer caches types with lists permanently; use LINQ to XML or XmlReader" },
        { "public object X() => new Timer(_ => { });", "a Timer runs until it is disposed; dispose it when AdapterContext.Unloading fires" },
        { "public void X() => AppDomain.CurrentDomain.ProcessExit += (_, _) => { };",
            "an AppDomain event keeps its handlers permanently; do not subscribe to it" },
        { "public void X() => TaskScheduler.UnobservedTaskException += (_, _) => { };",
            "TaskScheduler.UnobservedTaskException keeps its handlers permanently; do not subscribe to it" },
        { "public void X() => System.Runtime.InteropServices.GCHandle.Alloc(this);", "a GCHandle keeps the plug-in in memory until it is freed; free it" },
        { "public void X(dynamic d) => d.Go();", "\"dynamic\" caches every type it is used with; use static types" },
        { "public void X(System.Diagnostics.Metrics.Meter m) => m.CreateObservableGauge(\"g\", () => 1);",
            "an observable instrument keeps the plug-in in memory until its Meter is disposed; dispose it when AdapterContext.Unloading fires" },
    };

    public static TheoryData<string, string> Endangering => new()
    {
        { "public void X() => Environment.Exit(1);", "Environment.Exit ends the gateway process; throw an exception instead" },
        { "public void X() => Environment.FailFast(\"no\");", "Environment.FailFast ends the gateway process; throw an exception instead" },
        { "public void X() => new Thread(() => { }).Start();", "an unhandled exception on a new thread ends the gateway process; use tasks" },
        { "public void X() => ThreadPool.SetMinThreads(1, 1);", "the thread pool is shared by the whole gateway; do not change its limits" },
        { "public void X() => ThreadPool.QueueUserWorkItem(_ => { });", "an unhandled exception in a work item ends the gateway process; use tasks" },
        { "public void X() => ThreadPool.UnsafeQueueUserWorkItem(_ => { }, null);",
            "an unhandled exception in a work item ends the gateway process; use tasks" },
        { "public async void X() { await Task.Yield(); }", "X: an exception in an \"async void\" method ends the gateway process; return a Task" },
        { "[System.Runtime.InteropServices.DllImport(\"c\")] public static extern int getpid();",
            "getpid of c: native code can crash the gateway process; use managed code" },
    };

    [Theory]
    [MemberData(nameof(Pinning))]
    public async Task Pinning_code_is_a_warning_by_default(string body, string finding)
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", body));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.NotNull(world.Catalog.Find("one"));
        Assert.Contains($"One.dll: {finding}", world.Findings);
    }

    [Theory]
    [InlineData("Microsoft.Data.Sqlite")]
    [InlineData("Microsoft.Data.SqlClient")]
    public async Task Bundled_database_client_is_a_warning(string name)
    {
        var client = PluginForge.Compile(_folder.At("plugins", "one", name + ".dll"), "public static class Client { public static void Go() { } }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one", "public void X() => Client.Go();"), client);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Contains($"One.dll: {name} starts timers that never stop; keep state in AdapterContext.State", world.Findings);
    }

    [Fact]
    public async Task Functions_of_a_native_library_are_one_finding()
    {
        const string import = "[System.Runtime.InteropServices.DllImport(\"{0}\")] public static extern int {1}();";
        var functions = string.Join('\n', new[] { ("c", "a"), ("c", "b"), ("c", "d"), ("c", "e"), ("m", "f") }.Select(f => string.Format(null, import, f.Item1, f.Item2)));
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", functions));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal(
            "One.dll: a, b, d and others (4 methods) of c: native code can crash the gateway process; use managed code; "
                + "One.dll: f of m: native code can crash the gateway process; use managed code",
            world.Status("One.dll").Reason);
    }

    [Theory]
    [MemberData(nameof(Endangering))]
    public async Task Endangering_code_is_refused_by_default(string body, string finding)
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", body));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Null(world.Catalog.Find("one"));
        Assert.Equal($"One.dll: {finding}", world.Status("One.dll").Reason);
    }

    [Fact]
    public async Task Policies_can_be_changed()
    {
        PluginForge.Compile(_folder.At("plugins", "Pins.dll"), PluginForge.Plugin("pins", Pinning.First().Data.Item1));
        PluginForge.Compile(_folder.At("plugins", "Endangers.dll"), PluginForge.Plugin("endangers", Endangering.First().Data.Item1));
        using var world = new PluginWorld(_folder, change: static o => (o.Pins, o.Endangers) = (FindingPolicy.Refuse, FindingPolicy.Warn));

        await world.StartAsync();

        Assert.Null(world.Catalog.Find("pins"));
        Assert.NotNull(world.Catalog.Find("endangers"));
    }

    [Fact]
    public async Task Findings_in_a_library_are_only_warnings()
    {
        var library = PluginForge.Compile(
            _folder.At("plugins", "one", "Library.dll"), "public static class Library { public static void End() => System.Environment.Exit(1); }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one", "public void X() => Library.End();"), library);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.NotNull(world.Catalog.Find("one"));
        Assert.Equal(["Library.dll: Environment.Exit ends the gateway process; throw an exception instead"], world.Findings);
    }

    [Fact]
    public async Task Source_generated_json_and_tasks_cause_no_findings()
    {
        var dropped = _folder.At("plugins", "Open311");
        Directory.CreateDirectory(Path.GetDirectoryName(dropped)!);
        Built.Drop("Open311", _folder.At("plugins"));
        using var world = new PluginWorld(_folder, change: static o => o.Pins = FindingPolicy.Refuse);

        await world.StartAsync();

        Assert.NotNull(world.Catalog.Find("open311"));
        Assert.Empty(world.Findings);
    }

    [Fact]
    public async Task Missing_contract_member_is_reported_despite_equal_versions()
    {
        var contracts = PluginForge.Contracts(
            _folder.At("newer", "PluginGateway.Contracts.dll"), "1.0.0.0",
            ("ServiceRequest.cs", "public sealed record ReportLocation\n{", "public double Easting { get; init; }"));
        var body = """
            public double X(ReportLocation l) => l.Easting + l.Latitude.Value;
            """;
        PluginForge.CompileAgainst(contracts, _folder.At("plugins", "One.dll"), PluginForge.Plugin("one", body));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal(
            "it uses types or members that this gateway's contracts do not have: ReportLocation.Easting; build it against the contracts of this gateway",
            world.Status("One.dll").Reason);
    }

    [Theory]
    [InlineData("1.0", true)]
    [InlineData("1.1", true)]
    [InlineData("1.2", false)]
    [InlineData("0.9", false)]
    [InlineData("2.0", false)]
    [InlineData("one", false)]
    public void Only_older_minor_versions_of_the_contract_are_accepted(string built, bool isAccepted)
    {
        PluginForge.Compile(_folder.At("one", "One.dll"), PluginForge.Plugin("one", contract: built));

        var outcome = PluginInspector.Inspect(_folder.At("one"), new Version(1, 1));

        Assert.Equal(isAccepted, outcome.TryGet(out _, out var refusal));
        Assert.Equal(isAccepted ? null : $"it was built for contract {built}; this gateway has 1.1", refusal?.Reason);
    }

    [Fact]
    public async Task Bundled_contracts_with_a_higher_version_are_ignored()
    {
        var contracts = PluginForge.Contracts(_folder.At("plugins", "one", "PluginGateway.Contracts.dll"), "9.0.0.0");
        PluginForge.CompileAgainst(contracts, _folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "hello"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Call("one"));
    }

    [Theory]
    [InlineData(typeof(System.Text.Json.JsonDocument), "_context.Settings.ValueKind != System.Text.Json.JsonValueKind.Object")]
    [InlineData(typeof(System.Xml.Linq.XElement), "typeof(System.Xml.Linq.XElement).Assembly.IsCollectible")]
    public async Task Bundled_framework_assembly_is_ignored(Type type, string usesBundledCopy)
    {
        var copy = type.Assembly.Location;
        File.Copy(copy, Path.Combine(Directory.CreateDirectory(_folder.At("plugins", "one")).FullName, Path.GetFileName(copy)));
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "hello", $"if ({usesBundledCopy}) throw new InvalidOperationException();"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Call("one"));
    }

    [Theory]
    [InlineData("System.Text.Json", "it needs System.Text.Json 99.0.0.0, but this gateway has 10.0.0.0 (reference that version)")]
    [InlineData("System.Net.Mail", "it needs System.Net.Mail 99.0.0.0, which is not in its folder (add it)")]
    public async Task Plug_in_that_needs_a_newer_framework_is_refused(string assembly, string reason)
    {
        var newer = PluginForge.Compile(
            _folder.At("newer", assembly + ".dll"),
            "[assembly: System.Reflection.AssemblyVersion(\"99.0.0.0\")] public static class Newer { public static void Go() { } }");
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", "public void X() => Newer.Go();"), newer);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal(reason, world.Status("One.dll").Reason);
    }

    [Fact]
    public async Task Bundled_framework_assembly_is_used_when_the_framework_is_older()
    {
        var newer = PluginForge.Compile(
            _folder.At("plugins", "one", "System.Net.Mail.dll"),
            "[assembly: System.Reflection.AssemblyVersion(\"99.0.0.0\")] public static class Newer { public static void Go() { } }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "hello", "Newer.Go();"), newer);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Call("one"));
    }

    [Fact]
    public void Warm_up_detects_code_that_cannot_be_compiled()
    {
        var library = PluginForge.Compile(_folder.At("Library.dll"), "public static class Library { public static string Word() => \"\"; }");
        var plugin = PluginForge.Compile(_folder.At("One.dll"), PluginForge.Plugin("one", "public string X() => Library.Word();"), library);
        PluginForge.Compile(_folder.At("Library.dll"), "public static class Library { }");
        var context = new System.Runtime.Loader.AssemblyLoadContext("warm", isCollectible: true);
        context.LoadFromAssemblyPath(library);

        Assert.ThrowsAny<MissingMethodException>(() => Loading.WarmUp.Run(context.LoadFromAssemblyPath(plugin)));
        context.Unload();
    }

    [Fact]
    public async Task Deeply_nested_metadata_does_not_crash_the_process()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "hello"));
        DeepMetadata.Write(_folder.At("plugins", "one", "Deep.dll"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Call("one"));
    }

    [Fact]
    public async Task Unlisted_content_is_not_inspected()
    {
        Directory.CreateDirectory(_folder.At("plugins"));
        File.WriteAllText(_folder.At("plugins", "One.dll"), "no assembly at all");
        using var world = new PluginWorld(_folder, change: static o => o.Trust = PluginTrust.Listed);

        await world.StartAsync();

        Assert.Contains("its content is not trusted", world.Status("One.dll").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_listed_content_is_loaded_with_list_trust()
    {
        var path = PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "good"));
        string hash;
        using (var first = new PluginWorld(_folder))
        {
            await first.StartAsync();
            hash = first.Serving("one").Sha256!;
        }

        using var world = new PluginWorld(_folder, change: o => (o.Trust, o.Trusted) = (PluginTrust.Listed, [hash.ToUpperInvariant()]));
        await world.StartAsync();
        Assert.Equal("good", world.Call("one"));

        PluginForge.Compile(path, PluginForge.WithWord("one", "evil"));
        await world.SettleAsync();

        Assert.Equal("good", world.Call("one"));
        Assert.Equal(
            $"its content is not trusted; to trust it, add its SHA-256 to Plugins:Trusted: {world.Status("one").Sha256}", world.Status("one").Reason);
    }

    public void Dispose() => _folder.Dispose();
}

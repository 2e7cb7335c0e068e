using PluginGateway.PluginHosting.Inspection;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>What is seen before any code of a plug-in runs: the contracts it needs, what would pin or endanger, whether it is trusted.</summary>
public sealed class InspectionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> Pinning => new()
    {
        { "public string X() => System.Text.Json.JsonSerializer.Serialize(new { A = 1 });",
            "JsonSerializer.Serialize by reflection remembers the type for ever; use a source-generated JsonSerializerContext" },
        { "public object X() => System.Net.Http.Json.JsonContent.Create(new { A = 1 });",
            "JsonContent.Create by reflection remembers the type for ever; use a source-generated JsonSerializerContext" },
        { "public object X() => System.Text.Json.JsonSerializer.Deserialize<Adapter>(\"{}\");",
            "JsonSerializer.Deserialize by reflection remembers the type for ever; use a source-generated JsonSerializerContext" },
        {
            "public object X(System.Net.Http.HttpClient c) => System.Net.Http.Json.HttpClientJsonExtensions.GetFromJsonAsync<Adapter>(c, \"/\");",
            "HttpClientJsonExtensions.GetFromJsonAsync by reflection remembers the type for ever; use a source-generated JsonSerializerContext"
        },
        { "public void X() => System.ComponentModel.DataAnnotations.Validator.ValidateObject(this, new(this));",
            "Validator uses TypeDescriptor, which remembers every type" },
        { "public object X() => new System.Runtime.Serialization.DataContractSerializer(typeof(Adapter));",
            "DataContractSerializer remembers types with lists; use XLinq or XmlReader" },
        {
            "public object X() => new System.Runtime.Serialization.Json.DataContractJsonSerializer(typeof(Adapter));",
            "DataContractJsonSerializer remembers types with lists; use a source-generated JsonSerializerContext"
        },
        { "public object X() => new System.Timers.Timer(1_000);", "a Timer that is not disposed when AdapterContext.Unloading fires runs for ever" },
        { "public object X() => new System.Diagnostics.ActivityListener();", "an ActivityListener that is not disposed holds the plug-in" },
        { "public object X() => System.Diagnostics.DiagnosticListener.AllListeners;", "a subscription to DiagnosticListener.AllListeners holds the plug-in" },
        { "public object X() => System.ComponentModel.TypeDescriptor.GetConverter(typeof(Adapter));",
            "TypeDescriptor remembers every type it was asked about" },
        { "public object X() => new System.Xml.Serialization.XmlSerializer(typeof(Adapter));",
            "XmlSerializer remembers types with lists; use XLinq or XmlReader" },
        { "public object X() => new Timer(_ => { });", "a Timer that is not disposed when AdapterContext.Unloading fires runs for ever" },
        { "public void X() => AppDomain.CurrentDomain.ProcessExit += (_, _) => { };", "a handler of an AppDomain event is never let go" },
        { "public void X() => TaskScheduler.UnobservedTaskException += (_, _) => { };", "a handler of TaskScheduler.UnobservedTaskException is never let go" },
        { "public void X() => System.Runtime.InteropServices.GCHandle.Alloc(this);", "a GCHandle that is not freed holds the plug-in" },
        { "public void X(dynamic d) => d.Go();", "\"dynamic\" remembers every type it meets" },
        { "public void X(System.Diagnostics.Metrics.Meter m) => m.CreateObservableGauge(\"g\", () => 1);",
            "an observable instrument that is not disposed holds the plug-in" },
    };

    public static TheoryData<string, string> Endangering => new()
    {
        { "public void X() => Environment.Exit(1);", "Environment.Exit ends the gateway" },
        { "public void X() => Environment.FailFast(\"no\");", "Environment.FailFast ends the gateway" },
        { "public void X() => new Thread(() => { }).Start();", "what is thrown on a thread of its own ends the gateway; use tasks" },
        { "public void X() => ThreadPool.SetMinThreads(1, 1);", "the thread pool belongs to the whole gateway" },
        { "public void X() => ThreadPool.QueueUserWorkItem(_ => { });", "what is thrown there ends the gateway; use tasks" },
        { "public void X() => ThreadPool.UnsafeQueueUserWorkItem(_ => { }, null);", "what is thrown there ends the gateway; use tasks" },
        { "public async void X() { await Task.Yield(); }", "what is thrown in the \"async void\" method X ends the gateway; return a Task" },
        { "[System.Runtime.InteropServices.DllImport(\"c\")] public static extern int getpid();", "getpid is native code: a fault in it ends the gateway" },
    };

    [Theory]
    [MemberData(nameof(Pinning))]
    public async Task What_pins_is_a_warning_by_default(string body, string finding)
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
    public async Task A_database_client_of_its_own_is_a_warning(string name)
    {
        var client = PluginForge.Compile(_folder.At("plugins", "one", name + ".dll"), "public static class Client { public static void Go() { } }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one", "public void X() => Client.Go();"), client);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Contains(
            $"One.dll: {name} starts timers that never end; the gateway keeps what an adapter must remember (AdapterContext.State)", world.Findings);
    }

    [Theory]
    [MemberData(nameof(Endangering))]
    public async Task What_endangers_is_refused_by_default(string body, string finding)
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", body));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Null(world.Catalog.Find("one"));
        Assert.Equal($"One.dll: {finding}", world.Status("One.dll").Reason);
    }

    [Fact]
    public async Task Both_can_be_set_the_other_way()
    {
        PluginForge.Compile(_folder.At("plugins", "Pins.dll"), PluginForge.Plugin("pins", Pinning.First().Data.Item1));
        PluginForge.Compile(_folder.At("plugins", "Endangers.dll"), PluginForge.Plugin("endangers", Endangering.First().Data.Item1));
        using var world = new PluginWorld(_folder, change: static o => (o.Pins, o.Endangers) = (FindingPolicy.Refuse, FindingPolicy.Warn));

        await world.StartAsync();

        Assert.Null(world.Catalog.Find("pins"));
        Assert.NotNull(world.Catalog.Find("endangers"));
    }

    [Fact]
    public async Task What_a_library_does_is_never_more_than_a_warning()
    {
        var library = PluginForge.Compile(
            _folder.At("plugins", "one", "Library.dll"), "public static class Library { public static void End() => System.Environment.Exit(1); }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one", "public void X() => Library.End();"), library);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.NotNull(world.Catalog.Find("one"));
        Assert.Equal(["Library.dll: Environment.Exit ends the gateway"], world.Findings);
    }

    [Fact]
    public async Task Source_generated_json_and_tasks_are_not_found_fault_with()
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
    public async Task A_member_that_this_gateways_contracts_do_not_have_is_named_although_the_version_is_the_same()
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

        Assert.Equal("it uses what this gateway's contracts do not have: ReportLocation.Easting", world.Status("One.dll").Reason);
    }

    [Theory]
    [InlineData("1.0", true)]
    [InlineData("1.1", true)]
    [InlineData("1.2", false)]
    [InlineData("0.9", false)]
    [InlineData("2.0", false)]
    [InlineData("one", false)]
    public void What_was_built_for_an_older_minor_version_of_the_contract_is_taken_and_for_another_major_or_a_newer_one_not(string built, bool isTaken)
    {
        PluginForge.Compile(_folder.At("one", "One.dll"), PluginForge.Plugin("one", contract: built));

        var outcome = PluginInspector.Inspect(_folder.At("one"), new Version(1, 1));

        Assert.Equal(isTaken, outcome.TryGet(out _, out var refusal));
        Assert.Equal(isTaken ? null : $"it was built for contract {built}; this gateway has 1.1", refusal?.Reason);
    }

    [Fact]
    public async Task Its_own_copy_of_the_contracts_with_a_higher_assembly_version_is_left_out_and_types_unify()
    {
        var contracts = PluginForge.Contracts(_folder.At("plugins", "one", "PluginGateway.Contracts.dll"), "9.0.0.0");
        PluginForge.CompileAgainst(contracts, _folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "hello"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Ask("one"));
    }

    [Theory]
    [InlineData(typeof(System.Text.Json.JsonDocument), "_context.Settings.ValueKind != System.Text.Json.JsonValueKind.Object")]
    [InlineData(typeof(System.Xml.Linq.XElement), "typeof(System.Xml.Linq.XElement).Assembly.IsCollectible")]
    public async Task Its_own_copy_of_a_framework_assembly_is_left_out_where_the_contracts_use_it_or_the_framework_has_it(Type type, string isItsOwn)
    {
        var copy = type.Assembly.Location;
        File.Copy(copy, Path.Combine(Directory.CreateDirectory(_folder.At("plugins", "one")).FullName, Path.GetFileName(copy)));
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "hello", $"if ({isItsOwn}) throw new InvalidOperationException();"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Ask("one"));
    }

    [Theory]
    [InlineData("System.Text.Json", "it needs System.Text.Json 99.0.0.0, and this gateway has 10.0.0.0")]
    [InlineData("System.Net.Mail", "it needs System.Net.Mail 99.0.0.0, which is not in its folder")]
    public async Task What_needs_a_newer_framework_is_refused_by_name(string assembly, string reason)
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
    public async Task Its_own_copy_of_a_framework_assembly_is_used_where_the_framework_is_older()
    {
        var newer = PluginForge.Compile(
            _folder.At("plugins", "one", "System.Net.Mail.dll"),
            "[assembly: System.Reflection.AssemblyVersion(\"99.0.0.0\")] public static class Newer { public static void Go() { } }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "hello", "Newer.Go();"), newer);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Ask("one"));
    }

    [Fact]
    public void Code_that_cannot_be_compiled_is_found_when_it_is_warmed_up()
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
    public async Task Metadata_that_is_nested_without_end_does_not_end_the_process()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "hello"));
        DeepMetadata.Write(_folder.At("plugins", "one", "Deep.dll"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Ask("one"));
    }

    [Fact]
    public async Task What_is_not_listed_is_not_even_looked_into()
    {
        Directory.CreateDirectory(_folder.At("plugins"));
        File.WriteAllText(_folder.At("plugins", "One.dll"), "no assembly at all");
        using var world = new PluginWorld(_folder, change: static o => o.Trust = PluginTrust.Listed);

        await world.StartAsync();

        Assert.Contains("its content is not listed", world.Status("One.dll").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_listed_content_is_loaded_when_trust_is_a_list()
    {
        var path = PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "good"));
        string hash;
        using (var first = new PluginWorld(_folder))
        {
            await first.StartAsync();
            hash = first.Serving("one").Sha256!;
        }

        using var world = new PluginWorld(_folder, change: o => (o.Trust, o.Trusted) = (PluginTrust.Listed, [hash.ToUpperInvariant()]));
        await world.StartAsync();
        Assert.Equal("good", world.Ask("one"));

        PluginForge.Compile(path, PluginForge.Saying("one", "evil"));
        await world.SettleAsync();

        Assert.Equal("good", world.Ask("one"));
        Assert.Equal($"its content is not listed in Plugins:Trusted; its SHA-256 is {world.Status("one").Sha256}", world.Status("one").Reason);
    }

    public void Dispose() => _folder.Dispose();
}

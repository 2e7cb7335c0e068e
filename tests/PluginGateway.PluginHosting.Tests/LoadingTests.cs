using System.Runtime.InteropServices;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Where a plug-in's libraries come from: its staged folder, the contracts and the framework, and never the gateway's own libraries.</summary>
public sealed class LoadingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_library_that_is_missing_is_not_taken_from_the_gateway()
    {
        var hosts = Path.Combine(AppContext.BaseDirectory, "Dapper.dll");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "hello", "GC.KeepAlive(typeof(Dapper.SqlMapper));"), hosts);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Null(world.Catalog.Find("one"));
        Assert.Matches(@"^it needs Dapper 2\.[0-9.]+, which is not in its folder$", world.Status("one").Reason);
    }

    [Fact]
    public async Task Its_own_copy_of_a_library_that_the_gateway_has_too_is_used()
    {
        var hosts = Path.Combine(AppContext.BaseDirectory, "Dapper.dll");
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"),
            PluginForge.Saying("one", "hello", "if (!typeof(Dapper.SqlMapper).Assembly.IsCollectible) throw new InvalidOperationException();"), hosts);
        File.Copy(hosts, _folder.At("plugins", "one", "Dapper.dll"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Ask("one"));
    }

    [Fact]
    public async Task A_library_outside_the_trusted_folder_is_not_loaded_whatever_the_runtime_configuration_names()
    {
        var library = PluginForge.Compile(_folder.At("outside", "Library.dll"), "public static class Library { public static string Word() => \"evil\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "hello", "_ = Library.Word();"), library);
        string hash;
        using (var first = new PluginWorld(_folder))
        {
            await first.StartAsync();
            hash = first.Status("one").Sha256!;
        }

        ProbeOutside(_folder.At("plugins", "one"));
        using var world = new PluginWorld(_folder, change: o => (o.Trust, o.Trusted) = (PluginTrust.Listed, [hash]));
        await world.StartAsync();

        // The configuration is no part of the content, so that the content is still the trusted one.
        Assert.Equal(hash, world.Status("one").Sha256);
        Assert.Equal("it needs Library 0.0.0.0, which is not in its folder", world.Status("one").Reason);
        Assert.Empty(Directory.GetFiles(_folder.At("state"), "*.runtimeconfig*.json", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_a_plug_in_loads_from_outside_its_folder_when_it_is_made_is_refused()
    {
        var library = PluginForge.Compile(_folder.At("outside", "Library.dll"), "public static class Library { public static string Word() => \"evil\"; }");
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"),
            PluginForge.Saying("one", "hello").Replace(
                "public sealed class Plugin : IAdapterPlugin\n{",
                "public sealed class Plugin : IAdapterPlugin "
                    + $"{{ public Plugin() => System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(typeof(Plugin).Assembly)!.LoadFromAssemblyPath(@\"{library}\");",
                StringComparison.Ordinal));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal($"Library is loaded from {library}, which is outside its folder", world.Status("one").Reason);
    }

    [Theory]
    [InlineData("../outside/Library.dll")]
    [InlineData("/outside/Library.dll")]
    public async Task A_dependency_file_that_leads_out_of_the_folder_leads_nowhere(string path)
    {
        var library = PluginForge.Compile(
            _folder.At("plugins", "outside", "Library.dll"), "public static class Library { public static string Word() => \"evil\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Saying("one", "hello", "_ = Library.Word();"), library);
        File.WriteAllText(_folder.At("plugins", "one", "One.deps.json"), DependencyFile(path));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("it needs Library 0.0.0.0, which is not in its folder", world.Status("one").Reason);
    }

    [Fact]
    public async Task A_state_folder_behind_a_link_is_as_good_as_any()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows only administrators may make links.");
        var library = PluginForge.Compile(
            _folder.At("plugins", "one", "Library.dll"), "public static class Library { public static string Word => \"found\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), Answering("one", "Library.Word"), library);
        Directory.CreateDirectory(_folder.At("elsewhere"));
        Directory.CreateSymbolicLink(_folder.At("state"), _folder.At("elsewhere"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("found", world.Ask("one"));
    }

    [Fact]
    public async Task A_newer_version_of_a_shared_assembly_is_refused_by_name()
    {
        var newer = PluginForge.Compile(
            _folder.At("newer", "Microsoft.Extensions.Logging.Abstractions.dll"),
            "[assembly: System.Reflection.AssemblyVersion(\"99.0.0.0\")] public static class Newer { public static void Go() { } }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one", "public void X() => Newer.Go();"), newer);
        File.Copy(newer, _folder.At("plugins", "one", Path.GetFileName(newer)));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("it needs Microsoft.Extensions.Logging.Abstractions 99.0.0.0, and this gateway has 10.0.0.0", world.Status("one").Reason);
    }

    [Fact]
    public async Task Two_plug_ins_use_two_versions_of_one_library_at_the_same_time()
    {
        foreach (var (adapter, version) in new[] { ("one", "1.0.0.0"), ("two", "2.0.0.0") })
        {
            var library = PluginForge.Compile(
                _folder.At("plugins", adapter, "Library.dll"),
                $"[assembly: System.Reflection.AssemblyVersion(\"{version}\")] public static class Library "
                    + $"{{ public static string Word => typeof(Library).Assembly.GetName().Version!.ToString(); }}");
            PluginForge.Compile(_folder.At("plugins", adapter, "Adapter.dll"), Answering(adapter, "Library.Word"), library);
        }

        using var world = new PluginWorld(_folder);
        await world.StartAsync();

        Assert.Equal("1.0.0.0", world.Ask("one"));
        Assert.Equal("2.0.0.0", world.Ask("two"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_library_is_found_with_and_without_a_dependency_file(bool hasDependencyFile)
    {
        var library = PluginForge.Compile(
            _folder.At("plugins", "one", "Library.dll"), "public static class Library { public static string Word => \"found\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), Answering("one", "Library.Word"), library);
        if (hasDependencyFile)
            File.WriteAllText(_folder.At("plugins", "one", "One.deps.json"), DependencyFile("Library.dll"));

        using var world = new PluginWorld(_folder);
        await world.StartAsync();

        Assert.Equal("found", world.Ask("one"));
    }

    [Fact]
    public async Task Satellite_assemblies_are_found_by_culture()
    {
        // What a .resx becomes: the neutral texts in the plug-in, the others in an assembly per culture.
        var texts = """
            new System.Resources.ResourceManager("Texts", typeof(Plugin).Assembly).GetString("word", System.Globalization.CultureInfo.GetCultureInfo("cy"))!
            """;
        PluginForge.CompileWithTexts(_folder.At("plugins", "one", "One.dll"), Answering("one", texts), "Texts.resources", ("word", "hello"));
        PluginForge.CompileWithTexts(
            _folder.At("plugins", "one", "cy", "One.resources.dll"), "[assembly: System.Reflection.AssemblyCulture(\"cy\")]", "Texts.cy.resources",
            ("word", "helo"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("helo", world.Ask("one"));
    }

    [Fact]
    public async Task Native_libraries_come_from_the_plug_ins_folder()
    {
        var native = Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", "libe_sqlite3.so");
        Assert.SkipUnless(File.Exists(native), $"there is no native library of SQLite for {RuntimeInformation.RuntimeIdentifier} beside the tests");
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"),
            Answering(
                "one", "sqlite3_libversion_number().ToString(System.Globalization.CultureInfo.InvariantCulture)",
                "[System.Runtime.InteropServices.DllImport(\"libonlyhere.so\")] private static extern int sqlite3_libversion_number();"));
        File.Copy(native, _folder.At("plugins", "one", "libonlyhere.so"));
        using var world = new PluginWorld(_folder, change: static o => o.Endangers = FindingPolicy.Warn);

        await world.StartAsync();

        Assert.Matches("^3[0-9]{6}$", world.Ask("one"));
    }

    [Fact]
    public async Task Loading_an_assembly_by_name_is_a_warning_even_where_findings_are_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", "public object X() => System.Reflection.Assembly.Load(\"Dapper\");"));
        using var world = new PluginWorld(_folder, change: static o => (o.Pins, o.Endangers) = (FindingPolicy.Refuse, FindingPolicy.Refuse));

        await world.StartAsync();

        Assert.NotNull(world.Catalog.Find("one"));
        Assert.Equal(["One.dll: loading an assembly by name can find the gateway's copy of a library; add a reference to the library instead"], world.Findings);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A plug-in whose planner says what an expression gives.</summary>
    private static string Answering(string adapter, string expression, string members = "") => PluginForge.Plugin(
        adapter,
        $$"""
        public RequestPlan Plan(ServiceRequest request) => new RequestPlan { Facts = new Dictionary<string, string> { ["word"] = {{expression}} } };
        {{members}}
        """,
        "IRequestPlanner");

    private static string DependencyFile(string library) => $$"""
        { "runtimeTarget": { "name": ".NETCoreApp,Version=v10.0" }, "targets": { ".NETCoreApp,Version=v10.0": {
            "One/1.0.0": { "dependencies": { "Library": "1.0.0" }, "runtime": { "One.dll": {} } }, "Library/1.0.0": { "runtime": { "{{library}}": {} } } } },
          "libraries": { "One/1.0.0": { "type": "project", "serviceable": false, "sha512": "" }, "Library/1.0.0": { "type": "project", "serviceable": false, "sha512": "" } } }
        """;

    private void ProbeOutside(string plugin) => File.WriteAllText(
        Path.Combine(plugin, "One.runtimeconfig.json"),
        $$"""{ "runtimeOptions": { "additionalProbingPaths": [ "{{_folder.At("outside").Replace('\\', '/')}}" ] } }""");
}

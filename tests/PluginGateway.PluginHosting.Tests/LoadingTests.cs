using System.Runtime.InteropServices;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>
/// Tests the sources of a plug-in's libraries: its staged folder, the contracts and the framework, but never the gateway's own libraries.
/// </summary>
public sealed class LoadingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Missing_library_is_not_loaded_from_the_gateway()
    {
        var hostLibrary = Path.Combine(AppContext.BaseDirectory, "Dapper.dll");
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "hello", "GC.KeepAlive(typeof(Dapper.SqlMapper));"), hostLibrary);
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Null(world.Catalog.Find("one"));
        Assert.Matches(@"^it needs Dapper 2\.[0-9.]+, which is not in its folder \(add it\)$", world.Status("one").Reason);
    }

    [Fact]
    public async Task Bundled_copy_of_a_gateway_library_is_used()
    {
        var hostLibrary = Path.Combine(AppContext.BaseDirectory, "Dapper.dll");
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"),
            PluginForge.WithWord("one", "hello", "if (!typeof(Dapper.SqlMapper).Assembly.IsCollectible) throw new InvalidOperationException();"), hostLibrary);
        File.Copy(hostLibrary, _folder.At("plugins", "one", "Dapper.dll"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("hello", world.Call("one"));
    }

    [Fact]
    public async Task Runtime_configuration_cannot_load_libraries_from_outside_the_folder()
    {
        var library = PluginForge.Compile(_folder.At("outside", "Library.dll"), "public static class Library { public static string Word() => \"evil\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "hello", "_ = Library.Word();"), library);
        string hash;
        using (var first = new PluginWorld(_folder))
        {
            await first.StartAsync();
            hash = first.Status("one").Sha256!;
        }

        ProbeOutside(_folder.At("plugins", "one"));
        using var world = new PluginWorld(_folder, change: o => (o.Trust, o.Trusted) = (PluginTrust.Listed, [hash]));
        await world.StartAsync();

        // The configuration is not part of the content, so the content is still trusted.
        Assert.Equal(hash, world.Status("one").Sha256);
        Assert.Equal("it needs Library 0.0.0.0, which is not in its folder (add it)", world.Status("one").Reason);
        Assert.Empty(Directory.GetFiles(_folder.At("state"), "*.runtimeconfig*.json", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Plug_in_that_loads_a_library_from_outside_its_folder_is_refused()
    {
        var library = PluginForge.Compile(_folder.At("outside", "Library.dll"), "public static class Library { public static string Word() => \"evil\"; }");
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"),
            PluginForge.WithWord("one", "hello").Replace(
                "public sealed class Plugin : IAdapterPlugin\n{",
                "public sealed class Plugin : IAdapterPlugin "
                    + $"{{ public Plugin() => System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(typeof(Plugin).Assembly)!.LoadFromAssemblyPath(@\"{library}\");",
                StringComparison.Ordinal));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal($"it loads Library from {library}, which is outside its folder; copy the library into the folder", world.Status("one").Reason);
    }

    [Theory]
    [InlineData("../outside/Library.dll")]
    [InlineData("/outside/Library.dll")]
    public async Task Dependency_file_cannot_reference_files_outside_the_folder(string path)
    {
        var library = PluginForge.Compile(
            _folder.At("plugins", "outside", "Library.dll"), "public static class Library { public static string Word() => \"evil\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "hello", "_ = Library.Word();"), library);
        File.WriteAllText(_folder.At("plugins", "one", "One.deps.json"), DependencyFile(path));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("it needs Library 0.0.0.0, which is not in its folder (add it)", world.Status("one").Reason);
    }

    [Fact]
    public async Task State_folder_can_be_a_symbolic_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows, only administrators can create symbolic links.");
        var library = PluginForge.Compile(
            _folder.At("plugins", "one", "Library.dll"), "public static class Library { public static string Word => \"found\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), WithExpression("one", "Library.Word"), library);
        Directory.CreateDirectory(_folder.At("elsewhere"));
        Directory.CreateSymbolicLink(_folder.At("state"), _folder.At("elsewhere"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("found", world.Call("one"));
    }

    [Fact]
    public async Task Newer_version_of_a_shared_assembly_is_refused()
    {
        var newer = PluginForge.Compile(
            _folder.At("newer", "Microsoft.Extensions.Logging.Abstractions.dll"),
            "[assembly: System.Reflection.AssemblyVersion(\"99.0.0.0\")] public static class Newer { public static void Go() { } }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one", "public void X() => Newer.Go();"), newer);
        File.Copy(newer, _folder.At("plugins", "one", Path.GetFileName(newer)));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal(
            "it needs Microsoft.Extensions.Logging.Abstractions 99.0.0.0, but this gateway has 10.0.0.0 (reference that version)",
            world.Status("one").Reason);
    }

    [Fact]
    public async Task Two_plug_ins_use_different_versions_of_a_library_concurrently()
    {
        foreach (var (adapter, version) in new[] { ("one", "1.0.0.0"), ("two", "2.0.0.0") })
        {
            var library = PluginForge.Compile(
                _folder.At("plugins", adapter, "Library.dll"),
                $"[assembly: System.Reflection.AssemblyVersion(\"{version}\")] public static class Library "
                    + $"{{ public static string Word => typeof(Library).Assembly.GetName().Version!.ToString(); }}");
            PluginForge.Compile(_folder.At("plugins", adapter, "Adapter.dll"), WithExpression(adapter, "Library.Word"), library);
        }

        using var world = new PluginWorld(_folder);
        await world.StartAsync();

        Assert.Equal("1.0.0.0", world.Call("one"));
        Assert.Equal("2.0.0.0", world.Call("two"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Library_is_found_with_and_without_a_dependency_file(bool hasDependencyFile)
    {
        var library = PluginForge.Compile(
            _folder.At("plugins", "one", "Library.dll"), "public static class Library { public static string Word => \"found\"; }");
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), WithExpression("one", "Library.Word"), library);
        if (hasDependencyFile)
            File.WriteAllText(_folder.At("plugins", "one", "One.deps.json"), DependencyFile("Library.dll"));

        using var world = new PluginWorld(_folder);
        await world.StartAsync();

        Assert.Equal("found", world.Call("one"));
    }

    [Fact]
    public async Task Satellite_assemblies_are_found_by_culture()
    {
        // The output of a .resx file: the neutral texts in the plug-in, the others in one assembly per culture.
        var texts = """
            new System.Resources.ResourceManager("Texts", typeof(Plugin).Assembly).GetString("word", System.Globalization.CultureInfo.GetCultureInfo("cy"))!
            """;
        PluginForge.CompileWithTexts(_folder.At("plugins", "one", "One.dll"), WithExpression("one", texts), "Texts.resources", ("word", "hello"));
        PluginForge.CompileWithTexts(
            _folder.At("plugins", "one", "cy", "One.resources.dll"), "[assembly: System.Reflection.AssemblyCulture(\"cy\")]", "Texts.cy.resources",
            ("word", "helo"));
        using var world = new PluginWorld(_folder);

        await world.StartAsync();

        Assert.Equal("helo", world.Call("one"));
    }

    [Fact]
    public async Task Native_libraries_are_loaded_from_the_plug_in_folder()
    {
        var native = Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", "libe_sqlite3.so");
        Assert.SkipUnless(File.Exists(native), $"The native SQLite library for {RuntimeInformation.RuntimeIdentifier} is missing in the output of the tests.");
        PluginForge.Compile(
            _folder.At("plugins", "one", "One.dll"),
            WithExpression(
                "one", "sqlite3_libversion_number().ToString(System.Globalization.CultureInfo.InvariantCulture)",
                "[System.Runtime.InteropServices.DllImport(\"libonlyhere.so\")] private static extern int sqlite3_libversion_number();"));
        File.Copy(native, _folder.At("plugins", "one", "libonlyhere.so"));
        using var world = new PluginWorld(_folder, change: static o => o.Endangers = FindingPolicy.Warn);

        await world.StartAsync();

        Assert.Matches("^3[0-9]{6}$", world.Call("one"));
    }

    [Fact]
    public async Task Loading_an_assembly_by_name_is_always_only_a_warning()
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", "public object X() => System.Reflection.Assembly.Load(\"Dapper\");"));
        using var world = new PluginWorld(_folder, change: static o => (o.Pins, o.Endangers) = (FindingPolicy.Refuse, FindingPolicy.Refuse));

        await world.StartAsync();

        Assert.NotNull(world.Catalog.Find("one"));
        Assert.Equal(["One.dll: loading an assembly by name can return the gateway's copy of a library; reference the library instead"], world.Findings);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Returns the source of a plug-in whose planner returns the value of an expression.</summary>
    private static string WithExpression(string adapter, string expression, string members = "") => PluginForge.Plugin(
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

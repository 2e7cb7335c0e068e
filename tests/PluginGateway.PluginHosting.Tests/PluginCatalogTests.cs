using PluginGateway.Contracts;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

public sealed class PluginCatalogTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly PluginWorld _world;

    public PluginCatalogTests() => _world = new PluginWorld(_folder);

    [Fact]
    public async Task Folder_and_single_dll_are_loaded_as_two_adapters()
    {
        PluginForge.Compile(_folder.At("plugins", "anything", "One.dll"), PluginForge.Plugin("one"));
        PluginForge.Compile(_folder.At("plugins", "Two.dll"), PluginForge.Plugin("two"));

        await _world.StartAsync();

        Assert.All(_world.Statuses.All, s => Assert.Equal(PluginState.Active, s.State));
        Assert.Equal(["one", "two"], _world.Statuses.All.Select(s => s.AdapterName).Order(StringComparer.Ordinal));
        Assert.Equal("1.2.3", _world.Serving("one").Version);
        Assert.Equal("Test", _world.Catalog.Describe("one")!.Title);
        using var lease = _world.Catalog.Lease("two");
        Assert.True(lease.IsHeld);
    }

    [Fact]
    public async Task Plug_ins_with_different_versions_of_a_library_use_their_own()
    {
        CompilePluginWithLibrary("first", "a");
        CompilePluginWithLibrary("second", "b");

        await _world.StartAsync();

        Assert.Equal("library a", NameFromLibrary("first"));
        Assert.Equal("library b", NameFromLibrary("second"));
    }

    [Fact]
    public async Task Code_is_loaded_from_the_staged_copy()
    {
        var dropped = PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));

        await _world.StartAsync();
        File.WriteAllText(dropped, "overwritten in place");

        using var lease = _world.Catalog.Lease("one");
        var location = lease.Generation!.Create(Context.With("{}")).GetType().Assembly.Location;
        Assert.StartsWith(_folder.At("state", "one", _world.Serving("one").Sha256!), location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Same_content_is_staged_once()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));

        await _world.StartAsync();
        using (var again = new PluginWorld(_folder))
            await again.StartAsync();

        Assert.Single(Directory.GetDirectories(_folder.At("state", "one")));
        Assert.DoesNotContain(Directory.GetDirectories(_folder.At("state")), d => Path.GetFileName(d).StartsWith('.'));
    }

    [Fact]
    public async Task Bundled_copy_of_the_contracts_is_ignored()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));
        File.Copy(typeof(IAdapterPlugin).Assembly.Location, _folder.At("plugins", "one", "PluginGateway.Contracts.dll"));

        await _world.StartAsync();

        Assert.Equal(PluginState.Active, _world.Serving("one").State);
        Assert.False(File.Exists(_folder.At("state", "one", _world.Serving("one").Sha256!, "PluginGateway.Contracts.dll")));
    }

    [Fact]
    public async Task File_that_is_no_assembly_is_refused()
    {
        _folder.Write("plugins/Text.dll", "this is text");
        await AssertRefusedAsync("it contains DLLs that are incomplete, longer than 100 MB or not .NET assemblies: Text.dll; copy them again or remove them");
    }

    [Fact]
    public async Task Folder_without_adapter_is_refused()
    {
        _folder.Write("plugins/empty/readme.txt", "nothing here");
        await AssertRefusedAsync("none of its assemblies has the attribute [assembly: CouncilAdapter(\"name\")]; add it to the plug-in's assembly");
    }

    [Fact]
    public async Task Two_adapters_in_one_folder_are_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "both", "One.dll"), PluginForge.Plugin("one"));
        PluginForge.Compile(_folder.At("plugins", "both", "Two.dll"), PluginForge.Plugin("two"));
        await AssertRefusedAsync(
            "more than one of its assemblies has the attribute [assembly: CouncilAdapter]: One.dll, Two.dll; put each plug-in into a separate folder");
    }

    [Fact]
    public async Task Assembly_without_plug_in_class_is_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), """[assembly: PluginGateway.Contracts.CouncilAdapter("one")] public class Nothing { }""");
        await AssertRefusedAsync("no public class in One.dll implements IAdapterPlugin; add one, for example a class derived from AdapterPlugin<TSettings>");
    }

    [Fact]
    public async Task Two_plug_in_classes_are_refused()
    {
        var source = PluginForge.Plugin("one") + """
            public sealed class Other : IAdapterPlugin
            {
                public AdapterDescriptor Describe() => new AdapterDescriptor { Title = "Other" };
                public ICouncilAdapter Create(AdapterContext context) => new Adapter(context);
            }
            """;
        PluginForge.Compile(_folder.At("plugins", "One.dll"), source);
        await AssertRefusedAsync("more than one public class implements IAdapterPlugin: Plugin, Other; make all but one internal");
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("2.0")]
    [InlineData("0.99")]
    [InlineData("soon")]
    public async Task Unsupported_contract_version_is_refused(string contract)
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", contract: contract));
        await AssertRefusedAsync($"it was built for contract {contract}; this gateway has {ContractVersion.Current}");
    }

    [Fact]
    public async Task Throwing_constructor_is_reported_with_its_message()
    {
        var source = PluginForge.Plugin("one").Replace(
            "public AdapterDescriptor Describe()",
            "public Plugin() { throw new InvalidOperationException(\"no licence\"); } public AdapterDescriptor Describe()",
            StringComparison.Ordinal);
        PluginForge.Compile(_folder.At("plugins", "One.dll"), source);
        await AssertRefusedAsync("its constructor threw InvalidOperationException: no licence", PluginState.Quarantined);
    }

    [Fact]
    public async Task Missing_dependency_is_refused()
    {
        CompilePluginWithLibrary("one", "a");
        File.Delete(_folder.At("plugins", "one", "Library.dll"));
        await AssertRefusedAsync("it needs Library 0.0.0.0, which is not in its folder (add it)");
    }

    [Fact]
    public async Task Host_library_does_not_replace_a_missing_one()
    {
        // Dapper is in the host's folder, but a plug-in must bring its own copy.
        PluginForge.Compile(
            _folder.At("plugins", "One.dll"),
            PluginForge.Plugin("one", "public Type Uses() => typeof(Dapper.SqlMapper);"),
            Path.Combine(AppContext.BaseDirectory, "Dapper.dll"));
        await AssertRefusedAsync("it needs Dapper 2.0.0.0, which is not in its folder (add it)");
    }

    [Fact]
    public async Task Second_plug_in_with_the_same_name_is_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "a", "One.dll"), PluginForge.Plugin("one"));
        PluginForge.Compile(_folder.At("plugins", "b", "One.dll"), PluginForge.Plugin("one"));

        await _world.StartAsync();

        Assert.Equal(_folder.At("plugins", "a"), _world.Serving("one").Path);
        Assert.Contains(_folder.At("plugins", "a"), _world.Status("b").Reason, StringComparison.Ordinal);
        Assert.Contains(_folder.At("plugins", "b"), _world.Status("b").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Symbolic_link_out_of_the_folder_is_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));
        File.CreateSymbolicLink(_folder.At("plugins", "one", "passwd"), "/etc/passwd");
        await AssertRefusedAsync("passwd is a symbolic link that leads out of the folder; copy the file instead");
    }

    [Fact]
    public async Task Plug_ins_that_are_symbolic_links_are_loaded()
    {
        PluginForge.Compile(_folder.At("releases", "1", "One.dll"), PluginForge.Plugin("one"));
        PluginForge.Compile(_folder.At("releases", "2", "Two.dll"), PluginForge.Plugin("two"));
        Directory.CreateSymbolicLink(_folder.At("plugins", "linked"), _folder.At("releases", "1"));
        File.CreateSymbolicLink(_folder.At("plugins", "Two.dll"), _folder.At("releases", "2", "Two.dll"));

        await _world.StartAsync();

        Assert.Equal("linked", Path.GetFileName(_world.Serving("one").Path));
        Assert.Equal("Two.dll", Path.GetFileName(_world.Serving("two").Path));
    }

    [Fact]
    public async Task Links_inside_a_plug_in_are_followed()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "..2026_1", "One.dll"), PluginForge.Plugin("one"));
        Directory.CreateSymbolicLink(_folder.At("plugins", "one", "..data"), "..2026_1");
        File.CreateSymbolicLink(_folder.At("plugins", "one", "One.dll"), Path.Combine("..data", "One.dll"));
        Directory.CreateSymbolicLink(_folder.At("plugins", "one", "loop"), ".");

        await AssertRefusedAsync("loop is a symbolic link that leads out of the folder; copy the file instead");
        Directory.Delete(_folder.At("plugins", "one", "loop"));
        await _world.SettleAsync();

        Assert.Equal(PluginState.Active, _world.Serving("one").State);
    }

    [Fact]
    public async Task Leftovers_of_editors_and_dangling_links_are_passed_over()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));
        File.CreateSymbolicLink(_folder.At("plugins", ".#One.dll"), "me@machine.1234");
        File.CreateSymbolicLink(_folder.At("plugins", "Nothing.dll"), "nothing.dll");
        Directory.CreateSymbolicLink(_folder.At("plugins", "nothing"), "elsewhere");
        File.CreateSymbolicLink(_folder.At("plugins", "one", ".#notes.txt"), "me@machine.1234");
        File.CreateSymbolicLink(_folder.At("plugins", "one", "Dangling.dll"), "nothing.dll");

        await _world.StartAsync();

        Assert.Equal(PluginState.Active, Assert.Single(_world.Statuses.All).State);
    }

    [Fact]
    public async Task Name_of_a_built_in_adapter_is_refused()
    {
        _world.Catalog.AddBuiltIn("email", new BuiltIn());
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("email"));

        await _world.StartAsync();

        Assert.Equal("the adapter \"email\" is part of the gateway; give the plug-in's adapter another name", _world.Status("One.dll").Reason);
    }

    [Fact]
    public async Task Invalid_adapter_name_is_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("../One"));
        await AssertRefusedAsync("its adapter name \"../One\" is invalid; use 1 to 40 lower-case letters, digits and hyphens, starting with a letter");
    }

    public void Dispose()
    {
        _world.Dispose();
        _folder.Dispose();
    }

    private async Task AssertRefusedAsync(string reason, PluginState state = PluginState.Refused)
    {
        await _world.StartAsync();
        var status = Assert.Single(_world.Statuses.All);
        Assert.Equal(state, status.State);
        Assert.Equal(reason, status.Reason);
    }

    private void CompilePluginWithLibrary(string adapter, string version)
    {
        var library = PluginForge.Compile(
            _folder.At("plugins", adapter, "Library.dll"), $$"""public static class Library { public static string Name() => "library {{version}}"; }""");
        PluginForge.Compile(
            _folder.At("plugins", adapter, $"{adapter}.dll"),
            PluginForge.Plugin(adapter, "public Task CheckAsync(CancellationToken ct) => throw AdapterException.Rejected(Library.Name());", "IConnectionCheck"),
            library);
    }

    private string NameFromLibrary(string adapter)
    {
        using var lease = _world.Catalog.Lease(adapter);
        var check = (IConnectionCheck)lease.Generation!.Create(Context.With("{}"));
        return Assert.Throws<AdapterException>(() => { _ = check.CheckAsync(default); }).Message;
    }

    private sealed class BuiltIn : IAdapterPlugin
    {
        public AdapterDescriptor Describe() => new() { Title = "E-mail" };

        public ICouncilAdapter Create(AdapterContext context) => throw new NotSupportedException();
    }
}

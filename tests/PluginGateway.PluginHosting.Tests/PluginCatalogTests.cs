using PluginGateway.Contracts;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

public sealed class PluginCatalogTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly PluginWorld _world;

    public PluginCatalogTests() => _world = new PluginWorld(_folder);

    [Fact]
    public async Task Load_a_folder_and_a_single_dll_gives_two_adapters()
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
    public async Task Two_plugins_with_different_versions_of_one_library_each_use_their_own()
    {
        MakePluginWithLibrary("first", "a");
        MakePluginWithLibrary("second", "b");

        await _world.StartAsync();

        Assert.Equal("library a", NameFromLibrary("first"));
        Assert.Equal("library b", NameFromLibrary("second"));
    }

    [Fact]
    public async Task Loaded_code_comes_from_the_staged_copy_not_from_the_drop_folder()
    {
        var dropped = PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));

        await _world.StartAsync();
        File.WriteAllText(dropped, "overwritten in place");

        using var lease = _world.Catalog.Lease("one");
        var location = lease.Generation!.Create(Context.With("{}")).GetType().Assembly.Location;
        Assert.StartsWith(_folder.At("state", "one", _world.Serving("one").Sha256!), location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_content_again_is_staged_once()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));

        await _world.StartAsync();
        using (var again = new PluginWorld(_folder))
            await again.StartAsync();

        Assert.Single(Directory.GetDirectories(_folder.At("state", "one")));
        Assert.DoesNotContain(Directory.GetDirectories(_folder.At("state")), d => Path.GetFileName(d).StartsWith('.'));
    }

    [Fact]
    public async Task A_private_copy_of_the_contracts_is_dropped_and_types_unify()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));
        File.Copy(typeof(IAdapterPlugin).Assembly.Location, _folder.At("plugins", "one", "PluginGateway.Contracts.dll"));

        await _world.StartAsync();

        Assert.Equal(PluginState.Active, _world.Serving("one").State);
        Assert.False(File.Exists(_folder.At("state", "one", _world.Serving("one").Sha256!, "PluginGateway.Contracts.dll")));
    }

    [Fact]
    public async Task Not_an_assembly_is_refused()
    {
        _folder.Write("plugins/Text.dll", "this is text");
        await AssertRefusedAsync("Text.dll is not a .NET assembly, or not all of one");
    }

    [Fact]
    public async Task A_folder_without_adapter_is_refused()
    {
        _folder.Write("plugins/empty/readme.txt", "nothing here");
        await AssertRefusedAsync("no assembly in it has [assembly: CouncilAdapter(\"name\")]");
    }

    [Fact]
    public async Task Two_adapters_in_one_folder_are_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "both", "One.dll"), PluginForge.Plugin("one"));
        PluginForge.Compile(_folder.At("plugins", "both", "Two.dll"), PluginForge.Plugin("two"));
        await AssertRefusedAsync("more than one assembly in it has [assembly: CouncilAdapter]: One.dll, Two.dll");
    }

    [Fact]
    public async Task No_plugin_class_is_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), """[assembly: PluginGateway.Contracts.CouncilAdapter("one")] public class Nothing { }""");
        await AssertRefusedAsync("no public class in One.dll implements IAdapterPlugin");
    }

    [Fact]
    public async Task Two_plugin_classes_are_refused()
    {
        var source = PluginForge.Plugin("one") + """
            public sealed class Other : IAdapterPlugin
            {
                public AdapterDescriptor Describe() => new AdapterDescriptor { Title = "Other" };
                public ICouncilAdapter Create(AdapterContext context) => new Adapter(context);
            }
            """;
        PluginForge.Compile(_folder.At("plugins", "One.dll"), source);
        await AssertRefusedAsync("more than one class implements IAdapterPlugin: Plugin, Other");
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("2.0")]
    [InlineData("0.99")]
    [InlineData("soon")]
    public async Task Another_contract_version_is_refused(string contract)
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", contract: contract));
        await AssertRefusedAsync($"it was built for contract {contract}; this gateway has {ContractVersion.Current}");
    }

    [Fact]
    public async Task A_constructor_that_throws_is_refused_with_its_message()
    {
        var source = PluginForge.Plugin("one").Replace(
            "public AdapterDescriptor Describe()",
            "public Plugin() { throw new InvalidOperationException(\"no licence\"); } public AdapterDescriptor Describe()",
            StringComparison.Ordinal);
        PluginForge.Compile(_folder.At("plugins", "One.dll"), source);
        await AssertRefusedAsync("its constructor threw InvalidOperationException: no licence", PluginState.Quarantined);
    }

    [Fact]
    public async Task A_missing_dependency_is_refused_by_name()
    {
        MakePluginWithLibrary("one", "a");
        File.Delete(_folder.At("plugins", "one", "Library.dll"));
        await AssertRefusedAsync("it needs Library 0.0.0.0, which is not in its folder");
    }

    [Fact]
    public async Task A_library_of_the_host_does_not_stand_in_for_a_missing_one()
    {
        // Dapper lies beside the host; a plug-in that uses it brings its own.
        PluginForge.Compile(
            _folder.At("plugins", "One.dll"),
            PluginForge.Plugin("one", "public Type Uses() => typeof(Dapper.SqlMapper);"),
            Path.Combine(AppContext.BaseDirectory, "Dapper.dll"));
        await AssertRefusedAsync("it needs Dapper 2.0.0.0, which is not in its folder");
    }

    [Fact]
    public async Task The_second_of_two_plugins_with_one_name_is_refused_and_both_are_named()
    {
        PluginForge.Compile(_folder.At("plugins", "a", "One.dll"), PluginForge.Plugin("one"));
        PluginForge.Compile(_folder.At("plugins", "b", "One.dll"), PluginForge.Plugin("one"));

        await _world.StartAsync();

        Assert.Equal(_folder.At("plugins", "a"), _world.Serving("one").Path);
        Assert.Contains(_folder.At("plugins", "a"), _world.Status("b").Reason, StringComparison.Ordinal);
        Assert.Contains(_folder.At("plugins", "b"), _world.Status("b").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_symbolic_link_is_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.Plugin("one"));
        File.CreateSymbolicLink(_folder.At("plugins", "one", "passwd"), "/etc/passwd");
        await AssertRefusedAsync("passwd is a symbolic link; copy the file instead");
    }

    [Fact]
    public async Task A_plug_in_that_is_a_link_to_somewhere_else_is_refused()
    {
        PluginForge.Compile(_folder.At("elsewhere", "One.dll"), PluginForge.Plugin("one"));
        Directory.CreateSymbolicLink(_folder.At("plugins", "linked"), _folder.At("elsewhere"));
        File.CreateSymbolicLink(_folder.At("plugins", "One.dll"), _folder.At("elsewhere", "One.dll"));

        await _world.StartAsync();

        Assert.Equal("it is a symbolic link; copy the folder instead", _world.Status("linked").Reason);
        Assert.Equal("it is a symbolic link; copy the file instead", _world.Status("One.dll").Reason);
        Assert.Null(_world.Catalog.Find("one"));
    }

    [Fact]
    public async Task A_name_of_the_host_is_refused()
    {
        _world.Catalog.AddBuiltIn("email", new BuiltIn());
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("email"));

        await _world.StartAsync();

        Assert.Equal("the adapter \"email\" is part of the gateway; a plug-in needs another name", _world.Status("One.dll").Reason);
    }

    [Fact]
    public async Task A_bad_adapter_name_is_refused()
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("../One"));
        await AssertRefusedAsync("its adapter name \"../One\" is not 1 to 40 lower-case letters, digits and hyphens, beginning with a letter");
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

    private void MakePluginWithLibrary(string adapter, string version)
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

using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Tests all methods of adding, replacing and removing plug-in files.</summary>
public sealed class DropTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly PluginWorld _world;

    public DropTests()
    {
        _world = new PluginWorld(_folder);
        Directory.CreateDirectory(_folder.At("elsewhere"));
    }

    public static TheoryData<string> Ways => ["in place", "rename", "swap folders", "delete and create", "single file"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task New_version_is_loaded_with_every_method_of_copying(string way)
    {
        await DropOldAsync(way);
        Assert.Equal("old", _world.Call("one"));
        var dropped = way == "single file" ? _folder.At("plugins", "Adapter.dll") : _folder.At("plugins", "one", "Adapter.dll");
        var next = PluginForge.Compile(_folder.At("elsewhere", "one", "Adapter.dll"), PluginForge.WithWord("one", "new"));

        switch (way)
        {
            case "in place" or "single file":
                File.Copy(next, dropped, overwrite: true);
                break;
            case "rename":
                File.Move(next, dropped, overwrite: true);
                break;
            case "swap folders":
                Directory.Move(_folder.At("plugins", "one"), _folder.At("elsewhere", "old"));
                Directory.Move(_folder.At("elsewhere", "one"), _folder.At("plugins", "one"));
                break;
            default:
                Directory.Delete(_folder.At("plugins", "one"), recursive: true);
                await _world.ScanAsync();
                Assert.Equal("old", _world.Call("one"));
                Directory.Move(_folder.At("elsewhere", "one"), _folder.At("plugins", "one"));
                break;
        }

        await _world.SettleAsync();
        Assert.Equal("new", _world.Call("one"));
    }

    [Fact]
    public async Task Slowly_copied_file_is_loaded_only_when_complete()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        var bytes = await File.ReadAllBytesAsync(PluginForge.Compile(_folder.At("elsewhere", "Adapter.dll"), PluginForge.WithWord("one", "new")));

        await using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            for (var i = 0; i < 6; i++)
            {
                await file.WriteAsync(bytes.AsMemory(bytes.Length * i / 6, (bytes.Length * (i + 1) / 6) - (bytes.Length * i / 6)));
                await file.FlushAsync();
                await _world.ScanAsync(0.3);
                await _world.ScanAsync(0.3);
                Assert.NotEqual(PluginState.Refused, _world.Status("one")?.State);
                Assert.Equal(i < 5 ? "old" : "new", _world.Call("one"));
            }
        }

        Assert.Equal(2, _world.Catalog.Find("one")!.Number);
    }

    [Fact]
    public async Task Truncated_file_is_refused_and_the_old_version_keeps_serving()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..1500]);

        await _world.SettleAsync();
        Assert.Equal(PluginState.Settling, _world.Status("one").State);
        await _world.ScanAsync(3);

        Assert.Equal(PluginState.Refused, _world.Status("one").State);
        Assert.Equal(
            "it contains DLLs that are incomplete, longer than 100 MB or not .NET assemblies: Adapter.dll; copy them again or remove them", _world.Status("one").Reason);
        Assert.Equal("old", _world.Call("one"));
    }

    [Fact]
    public async Task Fifty_writes_in_a_burst_create_one_generation()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        var bytes = await File.ReadAllBytesAsync(PluginForge.Compile(_folder.At("elsewhere", "Adapter.dll"), PluginForge.WithWord("one", "new")));

        for (var i = 0; i < 50; i++)
        {
            await File.WriteAllBytesAsync(path, bytes);
            File.SetLastWriteTimeUtc(path, _world.Clock.GetUtcNow().UtcDateTime.AddMilliseconds(i));
            await _world.ScanAsync(0.1);
        }

        await _world.SettleAsync();
        Assert.Equal("new", _world.Call("one"));
        Assert.Equal(2, _world.Catalog.Find("one")!.Number);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Empty_folder_is_waited_for_indefinitely(bool existsAtStart)
    {
        var refusals = new List<PluginStatus>();
        _world.Statuses.Changed += (_, status) => refusals.AddRange(status is { State: PluginState.Refused } ? [status] : []);
        if (existsAtStart)
            Directory.CreateDirectory(_folder.At("plugins", "one"));
        await _world.StartAsync();
        Directory.CreateDirectory(_folder.At("plugins", "one"));
        for (var i = 0; i < 20; i++)
            await _world.ScanAsync(60);
        Assert.Equal((PluginState.Settling, "it is empty; it is loaded when it contains files"), (_world.Status("one").State, _world.Status("one").Reason));

        _world.Drop("one", "word");
        await _world.SettleAsync();

        Assert.Equal("word", _world.Call("one"));
        Assert.Empty(refusals);
    }

    [Fact]
    public async Task File_that_never_stops_changing_is_reported()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();

        for (var i = 0; i < 320; i++)
        {
            File.SetLastWriteTimeUtc(path, _world.Clock.GetUtcNow().UtcDateTime);
            await _world.ScanAsync(0.1);
        }

        Assert.Equal(PluginState.Settling, _world.Status("one").State);
        Assert.Contains("have been changing for a long time", _world.Status("one").Reason, StringComparison.Ordinal);
        Assert.Equal("old", _world.Call("one"));
    }

    [Fact]
    public async Task Unchanged_content_creates_no_generation()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        File.SetLastWriteTimeUtc(path, _world.Clock.GetUtcNow().UtcDateTime);

        await _world.SettleAsync();

        Assert.Equal(1, _world.Catalog.Find("one")!.Number);
        Assert.Equal(0, _world.Probe.Checks);
    }

    [Fact]
    public async Task Changed_file_with_the_same_length_and_time_is_found_by_a_full_read()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        var next = PluginForge.Compile(_folder.At("elsewhere", "Adapter.dll"), PluginForge.WithWord("one", "new"));
        Assert.Equal(new FileInfo(path).Length, new FileInfo(next).Length);

        var time = File.GetLastWriteTimeUtc(path);
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Write))
            await file.WriteAsync(await File.ReadAllBytesAsync(next));
        File.SetLastWriteTimeUtc(path, time);
        await _world.ScanAsync();
        Assert.Equal("old", _world.Call("one"));
        await _world.ScanAsync(60);

        Assert.Equal("new", _world.Call("one"));
    }

    [Fact]
    public async Task Renamed_folder_keeps_serving()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        Directory.Move(_folder.At("plugins", "one"), _folder.At("plugins", "two"));

        await _world.SettleAsync();
        await _world.ScanAsync(3);

        Assert.Equal("old", _world.Call("one"));
        Assert.Equal(1, _world.Catalog.Find("one")!.Number);
        Assert.Equal(_folder.At("plugins", "two"), _world.Serving("one").Path);
    }

    [Fact]
    public async Task Removed_plug_in_is_unloaded()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        Assert.Equal("old", _world.Call("one"));
        Directory.Delete(_folder.At("plugins", "one"), recursive: true);

        await _world.ScanAsync();
        Assert.Equal("old", _world.Call("one"));
        await _world.ScanAsync(2);

        Assert.Null(_world.Call("one"));
        await Eventually.TrueAsync(() => _world.Statuses.All.All(s => s.State != PluginState.Draining), "the plug-in is unloaded");
        await _world.CollectAsync();
        Assert.Empty(_world.Statuses.All);
    }

    [Fact]
    public async Task Temporarily_missing_folder_removes_no_plug_in()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        Directory.Move(_folder.At("plugins"), _folder.At("unmounted"));

        await _world.ScanAsync();
        await _world.ScanAsync(10);
        Assert.Equal("old", _world.Call("one"));
        Assert.Contains(_world.Statuses.All, s => s.Reason?.StartsWith("the plug-ins folder cannot be read; ", StringComparison.Ordinal) == true);

        Directory.Move(_folder.At("unmounted"), _folder.At("plugins"));
        await _world.ScanAsync(0.3);
        Assert.Equal("old", _world.Call("one"));
        Assert.Equal(1, _world.Catalog.Find("one")!.Number);
        Assert.DoesNotContain(_world.Statuses.All, s => s.State == PluginState.Refused);
    }

    [Fact]
    public async Task Different_adapter_in_the_same_folder_replaces_the_earlier_one()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        PluginForge.Compile(path, PluginForge.WithWord("two", "new"));

        await _world.SettleAsync();

        Assert.Null(_world.Call("one"));
        Assert.Equal("new", _world.Call("two"));
    }

    [Fact]
    public async Task Emptied_folder_releases_the_name_of_its_adapter()
    {
        var file = _world.Drop("one", "old");
        await _world.StartAsync();

        File.Delete(file);
        PluginForge.Compile(_folder.At("plugins", "two", "Adapter.dll"), PluginForge.WithWord("one", "new"));
        await _world.SettleAsync();

        Assert.Equal("new", _world.Call("one"));
    }

    [Fact]
    public async Task Overwriting_with_a_different_adapter_ends_the_probation()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        _world.Drop("one", "new");
        await _world.SettleAsync();
        Assert.Single(_world.Store.Versions.SelectMany(v => v.Probations));

        PluginForge.Compile(_folder.At("plugins", "one", "Adapter.dll"), PluginForge.WithWord("two", "other"));
        await _world.SettleAsync();

        Assert.Equal("other", _world.Call("two"));
        Assert.Empty(_world.Store.Versions.SelectMany(v => v.Probations));
    }

    [Fact]
    public async Task Plug_in_refused_for_its_name_goes_live_when_the_name_is_released()
    {
        PluginForge.Compile(_folder.At("plugins", "a", "Adapter.dll"), PluginForge.WithWord("one", "first"));
        PluginForge.Compile(_folder.At("plugins", "b", "Adapter.dll"), PluginForge.WithWord("one", "second"));
        await _world.StartAsync();
        Assert.Equal("first", _world.Call("one"));
        Assert.Equal(
            $"{_folder.At("plugins", "a")} already provides the adapter \"one\"; remove {_folder.At("plugins", "b")} or give its adapter another name",
            _world.Status("b").Reason);

        Directory.Delete(_folder.At("plugins", "a"), recursive: true);
        await _world.ScanAsync();
        await _world.ScanAsync(2);
        await _world.ScanAsync(0.3);

        Assert.Equal("second", _world.Call("one"));
    }

    [Fact]
    public async Task Failure_of_one_plug_in_is_reported_and_does_not_affect_others()
    {
        await _world.StartAsync();
        _world.Store.FailsFor = "one";
        _world.Drop("one", "word");
        _world.Drop("two", "word");
        await _world.SettleAsync();

        Assert.Equal("word", _world.Call("two"));
        Assert.Null(_world.Call("one"));
        Assert.Equal("processing it failed: IOException: the disk is full", _world.Status("one").Reason);

        _world.Store.FailsFor = null;
        await _world.ScanAsync(_world.Options.Reread.TotalSeconds);
        Assert.Equal("word", _world.Call("one"));
    }

    [Fact]
    public async Task Staged_copies_of_old_versions_are_deleted_except_for_rollback()
    {
        _world.Drop("one", "0");
        await _world.StartAsync();
        for (var i = 1; i <= 8; i++)
        {
            _world.Drop("one", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await _world.SettleAsync();
            await _world.ScanAsync(_world.Options.Probation.TotalSeconds + 1);
        }

        // Versions that failed their check do not displace versions that served.
        _world.Probe.Check = static _ => Task.FromResult<string?>("no");
        for (var i = 0; i < 8; i++)
        {
            _world.Drop("one", "bad" + i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await _world.SettleAsync();
        }

        var proven = _world.Store.Versions.Where(v => v.State == Quarantine.VersionState.Proven).OrderByDescending(v => v.At).Select(v => v.Sha256)
            .Take(_world.Options.KeepVersions).ToList();
        var staged = Directory.GetDirectories(_folder.At("state", "one")).Select(Path.GetFileName).ToList();
        Assert.Subset(staged.ToHashSet(), proven.ToHashSet<string?>());
        Assert.Equal(_world.Serving("one").Sha256, proven[0]);
    }

    [Fact]
    public async Task Unwritable_staging_folder_keeps_the_old_version_and_is_reported()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        // A file in place of the folder prevents writing even for root.
        Directory.Move(_folder.At("state"), _folder.At("moved"));
        _folder.Write("state", "");

        _world.Drop("one", "new");
        await _world.SettleAsync();
        await _world.ScanAsync(3);

        Assert.Equal("old", _world.Call("one"));
        Assert.StartsWith("its files cannot be copied; check permissions and disk space: ", _world.Status("one").Reason, StringComparison.Ordinal);
        File.Delete(_folder.At("state"));
        await _world.ScanAsync(60);
        Assert.Equal("new", _world.Call("one"));
    }

    public void Dispose()
    {
        _world.Dispose();
        _folder.Dispose();
    }

    private Task DropOldAsync(string way)
    {
        if (way == "single file")
            PluginForge.Compile(_folder.At("plugins", "Adapter.dll"), PluginForge.WithWord("one", "old"));
        else
            _world.Drop("one", "old");
        return _world.StartAsync();
    }
}

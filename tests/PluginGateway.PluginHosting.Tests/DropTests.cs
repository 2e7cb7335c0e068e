using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Every way in which files come and go.</summary>
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
    public async Task Every_way_of_copying_brings_the_new_version(string way)
    {
        await DropOldAsync(way);
        Assert.Equal("old", _world.Ask("one"));
        var dropped = way == "single file" ? _folder.At("plugins", "Adapter.dll") : _folder.At("plugins", "one", "Adapter.dll");
        var next = PluginForge.Compile(_folder.At("elsewhere", "one", "Adapter.dll"), PluginForge.Saying("one", "new"));

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
                await _world.LookAsync();
                Assert.Equal("old", _world.Ask("one"));
                Directory.Move(_folder.At("elsewhere", "one"), _folder.At("plugins", "one"));
                break;
        }

        await _world.SettleAsync();
        Assert.Equal("new", _world.Ask("one"));
    }

    [Fact]
    public async Task A_file_that_is_copied_slowly_is_taken_when_it_is_whole_and_no_sooner()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        var bytes = await File.ReadAllBytesAsync(PluginForge.Compile(_folder.At("elsewhere", "Adapter.dll"), PluginForge.Saying("one", "new")));

        await using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            for (var i = 0; i < 6; i++)
            {
                await file.WriteAsync(bytes.AsMemory(bytes.Length * i / 6, (bytes.Length * (i + 1) / 6) - (bytes.Length * i / 6)));
                await file.FlushAsync();
                await _world.LookAsync(0.3);
                await _world.LookAsync(0.3);
                Assert.NotEqual(PluginState.Refused, _world.Status("one")?.State);
                Assert.Equal(i < 5 ? "old" : "new", _world.Ask("one"));
            }
        }

        Assert.Equal(2, _world.Catalog.Find("one")!.Number);
    }

    [Fact]
    public async Task A_file_that_stays_cut_off_is_refused_and_the_old_version_serves_on()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..1500]);

        await _world.SettleAsync();
        Assert.Equal(PluginState.Settling, _world.Status("one").State);
        await _world.LookAsync(3);

        Assert.Equal(PluginState.Refused, _world.Status("one").State);
        Assert.Equal("Adapter.dll is not a .NET assembly, or not all of one", _world.Status("one").Reason);
        Assert.Equal("old", _world.Ask("one"));
    }

    [Fact]
    public async Task Fifty_writes_in_a_burst_make_one_new_generation()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        var bytes = await File.ReadAllBytesAsync(PluginForge.Compile(_folder.At("elsewhere", "Adapter.dll"), PluginForge.Saying("one", "new")));

        for (var i = 0; i < 50; i++)
        {
            await File.WriteAllBytesAsync(path, bytes);
            File.SetLastWriteTimeUtc(path, _world.Clock.GetUtcNow().UtcDateTime.AddMilliseconds(i));
            await _world.LookAsync(0.1);
        }

        await _world.SettleAsync();
        Assert.Equal("new", _world.Ask("one"));
        Assert.Equal(2, _world.Catalog.Find("one")!.Number);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_empty_folder_is_waited_for_however_long_it_takes(bool isThereAtStart)
    {
        var refusals = new List<PluginStatus>();
        _world.Statuses.Changed += (_, status) => refusals.AddRange(status is { State: PluginState.Refused } ? [status] : []);
        if (isThereAtStart)
            Directory.CreateDirectory(_folder.At("plugins", "one"));
        await _world.StartAsync();
        Directory.CreateDirectory(_folder.At("plugins", "one"));
        for (var i = 0; i < 20; i++)
            await _world.LookAsync(60);
        Assert.Equal((PluginState.Settling, "it is empty; it is taken when it has files"), (_world.Status("one").State, _world.Status("one").Reason));

        _world.Drop("one", "word");
        await _world.SettleAsync();

        Assert.Equal("word", _world.Ask("one"));
        Assert.Empty(refusals);
    }

    [Fact]
    public async Task A_file_that_never_stops_changing_is_reported()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();

        for (var i = 0; i < 320; i++)
        {
            File.SetLastWriteTimeUtc(path, _world.Clock.GetUtcNow().UtcDateTime);
            await _world.LookAsync(0.1);
        }

        Assert.Equal(PluginState.Settling, _world.Status("one").State);
        Assert.Contains("have been changing for a long time", _world.Status("one").Reason, StringComparison.Ordinal);
        Assert.Equal("old", _world.Ask("one"));
    }

    [Fact]
    public async Task The_same_bytes_again_make_no_generation()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        File.SetLastWriteTimeUtc(path, _world.Clock.GetUtcNow().UtcDateTime);

        await _world.SettleAsync();

        Assert.Equal(1, _world.Catalog.Find("one")!.Number);
        Assert.Equal(0, _world.Probe.Tries);
    }

    [Fact]
    public async Task Another_file_of_the_same_length_and_time_is_found_when_everything_is_read_again()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        var next = PluginForge.Compile(_folder.At("elsewhere", "Adapter.dll"), PluginForge.Saying("one", "new"));
        Assert.Equal(new FileInfo(path).Length, new FileInfo(next).Length);

        var time = File.GetLastWriteTimeUtc(path);
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Write))
            await file.WriteAsync(await File.ReadAllBytesAsync(next));
        File.SetLastWriteTimeUtc(path, time);
        await _world.LookAsync();
        Assert.Equal("old", _world.Ask("one"));
        await _world.LookAsync(60);

        Assert.Equal("new", _world.Ask("one"));
    }

    [Fact]
    public async Task A_renamed_folder_keeps_serving()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        Directory.Move(_folder.At("plugins", "one"), _folder.At("plugins", "two"));

        await _world.SettleAsync();
        await _world.LookAsync(3);

        Assert.Equal("old", _world.Ask("one"));
        Assert.Equal(1, _world.Catalog.Find("one")!.Number);
        Assert.Equal(_folder.At("plugins", "two"), _world.Serving("one").Path);
    }

    [Fact]
    public async Task What_is_removed_is_taken_away_and_unloaded()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        Assert.Equal("old", _world.Ask("one"));
        Directory.Delete(_folder.At("plugins", "one"), recursive: true);

        await _world.LookAsync();
        Assert.Equal("old", _world.Ask("one"));
        await _world.LookAsync(2);

        Assert.Null(_world.Ask("one"));
        await Eventually.TrueAsync(() => _world.Statuses.All.All(s => s.State != PluginState.Draining), "it is unloaded");
        await _world.CollectAsync();
        Assert.Empty(_world.Statuses.All);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_seen_for_a_while_takes_nothing_away()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        Directory.Move(_folder.At("plugins"), _folder.At("unmounted"));

        await _world.LookAsync();
        await _world.LookAsync(10);
        Assert.Equal("old", _world.Ask("one"));
        Assert.Contains(_world.Statuses.All, s => s.Reason == "the folder cannot be read; what serves goes on");

        Directory.Move(_folder.At("unmounted"), _folder.At("plugins"));
        await _world.LookAsync(0.3);
        Assert.Equal("old", _world.Ask("one"));
        Assert.Equal(1, _world.Catalog.Find("one")!.Number);
        Assert.DoesNotContain(_world.Statuses.All, s => s.State == PluginState.Refused);
    }

    [Fact]
    public async Task Another_adapter_in_the_same_folder_takes_the_place_of_the_one_before()
    {
        var path = _world.Drop("one", "old");
        await _world.StartAsync();
        PluginForge.Compile(path, PluginForge.Saying("two", "new"));

        await _world.SettleAsync();

        Assert.Null(_world.Ask("one"));
        Assert.Equal("new", _world.Ask("two"));
    }

    [Fact]
    public async Task An_emptied_folder_does_not_keep_its_adapters_name()
    {
        var file = _world.Drop("one", "old");
        await _world.StartAsync();

        File.Delete(file);
        PluginForge.Compile(_folder.At("plugins", "two", "Adapter.dll"), PluginForge.Saying("one", "new"));
        await _world.SettleAsync();

        Assert.Equal("new", _world.Ask("one"));
    }

    [Fact]
    public async Task The_probation_of_what_is_overwritten_by_another_adapter_is_over()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        _world.Drop("one", "new");
        await _world.SettleAsync();
        Assert.Single(_world.Memory.Versions.SelectMany(v => v.Probations));

        PluginForge.Compile(_folder.At("plugins", "one", "Adapter.dll"), PluginForge.Saying("two", "other"));
        await _world.SettleAsync();

        Assert.Equal("other", _world.Ask("two"));
        Assert.Empty(_world.Memory.Versions.SelectMany(v => v.Probations));
    }

    [Fact]
    public async Task What_was_refused_for_a_name_goes_live_when_the_owner_of_the_name_goes()
    {
        PluginForge.Compile(_folder.At("plugins", "a", "Adapter.dll"), PluginForge.Saying("one", "first"));
        PluginForge.Compile(_folder.At("plugins", "b", "Adapter.dll"), PluginForge.Saying("one", "second"));
        await _world.StartAsync();
        Assert.Equal("first", _world.Ask("one"));
        Assert.Equal(
            $"{_folder.At("plugins", "a")} already has the adapter \"one\"; {_folder.At("plugins", "b")} must go or be renamed", _world.Status("b").Reason);

        Directory.Delete(_folder.At("plugins", "a"), recursive: true);
        await _world.LookAsync();
        await _world.LookAsync(2);
        await _world.LookAsync(0.3);

        Assert.Equal("second", _world.Ask("one"));
    }

    [Fact]
    public async Task What_goes_wrong_with_one_plug_in_is_told_of_it_and_keeps_no_other_from_being_taken()
    {
        await _world.StartAsync();
        _world.Memory.Broken = "one";
        _world.Drop("one", "word");
        _world.Drop("two", "word");
        await _world.SettleAsync();

        Assert.Equal("word", _world.Ask("two"));
        Assert.Null(_world.Ask("one"));
        Assert.Equal("it could not be taken: IOException: the disk is full", _world.Status("one").Reason);

        _world.Memory.Broken = null;
        await _world.LookAsync(_world.Options.Reread.TotalSeconds);
        Assert.Equal("word", _world.Ask("one"));
    }

    [Fact]
    public async Task Staged_copies_of_old_versions_go_and_those_to_go_back_to_stay()
    {
        _world.Drop("one", "0");
        await _world.StartAsync();
        for (var i = 1; i <= 8; i++)
        {
            _world.Drop("one", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await _world.SettleAsync();
            await _world.LookAsync(_world.Options.Probation.TotalSeconds + 1);
        }

        // A version that was only tried does not push out one that served.
        _world.Probe.Try = static _ => Task.FromResult<string?>("no");
        for (var i = 0; i < 8; i++)
        {
            _world.Drop("one", "bad" + i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await _world.SettleAsync();
        }

        var good = _world.Memory.Versions.Where(v => v.State == Quarantine.VersionState.Proven).OrderByDescending(v => v.At).Select(v => v.Sha256)
            .Take(_world.Options.KeepVersions).ToList();
        var staged = Directory.GetDirectories(_folder.At("state", "one")).Select(Path.GetFileName).ToList();
        Assert.Subset(staged.ToHashSet(), good.ToHashSet<string?>());
        Assert.Equal(_world.Serving("one").Sha256, good[0]);
    }

    [Fact]
    public async Task A_staging_folder_that_cannot_be_written_leaves_what_serves_and_says_so()
    {
        _world.Drop("one", "old");
        await _world.StartAsync();
        // A file where the folder should be: nobody can write there, not even root.
        Directory.Move(_folder.At("state"), _folder.At("moved"));
        _folder.Write("state", "");

        _world.Drop("one", "new");
        await _world.SettleAsync();
        await _world.LookAsync(3);

        Assert.Equal("old", _world.Ask("one"));
        Assert.StartsWith("its files cannot be copied: ", _world.Status("one").Reason, StringComparison.Ordinal);
        File.Delete(_folder.At("state"));
        await _world.LookAsync(60);
        Assert.Equal("new", _world.Ask("one"));
    }

    public void Dispose()
    {
        _world.Dispose();
        _folder.Dispose();
    }

    private Task DropOldAsync(string way)
    {
        if (way == "single file")
            PluginForge.Compile(_folder.At("plugins", "Adapter.dll"), PluginForge.Saying("one", "old"));
        else
            _world.Drop("one", "old");
        return _world.StartAsync();
    }
}

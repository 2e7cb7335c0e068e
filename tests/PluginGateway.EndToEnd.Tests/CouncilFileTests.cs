using System.Net;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that a council that was live stays live, or is at least not denied, whatever happens to its file.</summary>
public sealed class CouncilFileTests : IAsyncDisposable
{
    private const string Aliases = "\"aliases\": [\"old-c\"],";

    private readonly GatewayApp _gateway = new GatewayApp().Council("c", Some.EmailCouncil("c", Aliases)).Council("other", Some.EmailCouncil("other"));

    private string FilePath => Path.Combine(_gateway.Councils, "c.json");

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [Trait("Case", "60-refused-edit-then-restart")]
    [InlineData("the edit")]
    [InlineData("half")]
    [InlineData("empty")]
    [InlineData("not a file")]
    [InlineData("other settings")]
    public async Task Last_valid_version_of_a_file_survives_a_restart(string kind)
    {
        await StartStoredAsync();

        Break(kind);
        await Eventually.TrueAsync(() => _gateway.Files().Any(f => f.Path == FilePath && f.Errors.Count > 0) || kind == "not a file", "the file is refused");
        await AssertAcceptedAsync();
        await RestartAsync();

        await AssertAcceptedAsync();
        var ready = await ReadyAsync();
        Assert.Contains("degraded", ready, StringComparison.Ordinal);
        Assert.Contains("council c ", ready, StringComparison.Ordinal);

        Repair(Some.EmailCouncil("c", "\"name\": \"Repaired\",").Replace("\"name\": \"Council of c\",", "", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => _gateway.Get<CouncilDirectory>().Current.Find("c")?.Name == "Repaired", "the repaired file is live");
        Assert.Equal("ready", await ReadyAsync());
    }

    [Fact]
    public async Task Valid_edit_while_the_gateway_was_stopped_replaces_the_stored_version()
    {
        await StartStoredAsync();
        await _gateway.StopAsync();
        _gateway.Council("c", Some.EmailCouncil("c").Replace("Council of c", "Renamed", StringComparison.Ordinal));
        await _gateway.StartAsync();

        Assert.Equal("Renamed", _gateway.Get<CouncilDirectory>().Current.Find("c")!.Name);
        await Eventually.TrueAsync(
            async () => (await _gateway.Get<StoredCouncilFiles>().ListAsync(default)).Single(s => s.Council == "c").Name == "Renamed", "it is stored");
        Assert.Equal("ready", await ReadyAsync());
    }

    [Fact]
    public async Task Calls_of_a_council_whose_file_was_deleted_are_answered_503_until_it_is_removed()
    {
        await StartStoredAsync();
        _gateway.RemoveCouncil("c");
        await Eventually.TrueAsync(async () => (await ServicesAsync("c")).Status == HttpStatusCode.ServiceUnavailable, "the file is missed");

        await AssertUnavailableAsync("c");
        await AssertUnavailableAsync("old-c");
        Assert.Equal(HttpStatusCode.NotFound, (await ServicesAsync("nobody")).Status);
        Assert.Equal(HttpStatusCode.OK, (await ServicesAsync("other")).Status);
        await RestartAsync();
        await AssertUnavailableAsync("c");
        Assert.Contains("council c has no valid file", await ReadyAsync(), StringComparison.Ordinal);

        var actions = _gateway.Get<CouncilActions>();
        Assert.False((await actions.RemoveAsync(Current, "other", "op", "a test", default)).Done);
        Assert.False((await actions.RemoveAsync(Current, "nobody", "op", "a test", default)).Done);
        Assert.True((await actions.RemoveAsync(Current, "c", "op", "a test", default)).Done);
        await Eventually.TrueAsync(async () => (await ServicesAsync("c")).Status == HttpStatusCode.NotFound, "the council is removed");
        Assert.Equal(HttpStatusCode.NotFound, (await ServicesAsync("old-c")).Status);
        Assert.Equal("ready", await ReadyAsync());
        Assert.Equal("c.json", await _gateway.ReadAsync<string>("SELECT before FROM audit WHERE action = 'council-remove'"));
    }

    [Fact]
    public async Task Only_council_without_a_file_is_unavailable_at_the_address_without_a_council()
    {
        _gateway.RemoveCouncil("other");
        await StartStoredAsync();
        _gateway.RemoveCouncil("c");

        await Eventually.TrueAsync(
            async () => (await _gateway.GetAsync("services.xml")).Status == HttpStatusCode.ServiceUnavailable, "the council is unavailable");
    }

    [Fact]
    public async Task File_that_comes_back_makes_the_council_live_again()
    {
        await StartStoredAsync();
        _gateway.RemoveCouncil("c");
        await Eventually.TrueAsync(async () => (await ServicesAsync("c")).Status == HttpStatusCode.ServiceUnavailable, "the file is missed");

        _gateway.Council("renamed", Some.EmailCouncil("c", Aliases));

        await Eventually.TrueAsync(async () => (await ServicesAsync("c")).Status == HttpStatusCode.OK, "the council is live again");
        Assert.Equal("ready", await ReadyAsync());
    }

    [Fact]
    public async Task Renamed_file_is_not_missed()
    {
        await StartStoredAsync();
        _gateway.RenameCouncil("c", "d");

        await Eventually.TrueAsync(() => _gateway.Files().Any(f => f.Path.EndsWith("d.json", StringComparison.Ordinal)), "the file is found");
        Assert.Empty(Current.Absent);
        Assert.Equal(HttpStatusCode.OK, (await ServicesAsync("c")).Status);
    }

    [Fact]
    public async Task Copy_of_a_file_does_not_take_its_council()
    {
        await StartStoredAsync();
        await _gateway.StopAsync();
        _gateway.Council("a-copy", Some.EmailCouncil("c").Replace("Council of c", "The copy", StringComparison.Ordinal));
        await _gateway.StartAsync();

        Assert.Equal("Council of c", Current.Find("c")!.Name);
        Assert.Contains(Assert.Single(_gateway.Files(), f => f.Path.EndsWith("a-copy.json", StringComparison.Ordinal)).Errors, e => e.Path == "$.jurisdictionId");
    }

    [Fact]
    public async Task Folder_that_cannot_be_listed_takes_nothing_away()
    {
        await StartStoredAsync();
        Directory.Move(_gateway.Councils, _gateway.Councils + "-away");

        await Eventually.TrueAsync(async () => (await ReadyAsync()).Contains("the councils folder cannot be read", StringComparison.Ordinal), "it is missed");
        await AssertAcceptedAsync();
        await RestartAsync();
        await AssertAcceptedAsync();
        Assert.Equal(2, Current.Councils.Count);
        Assert.False((await _gateway.Get<CouncilActions>().RemoveAsync(Current, "c", "op", "a test", default)).Done);

        Directory.Move(_gateway.Councils + "-away", _gateway.Councils);
        await Eventually.TrueAsync(async () => await ReadyAsync() == "ready", "the files are used again");
        Assert.Equal(2, Current.Councils.Count);
    }

    [Fact]
    public async Task Council_with_an_invalid_file_and_no_known_valid_version_is_unavailable()
    {
        await StartStoredAsync();
        await _gateway.StopAsync();
        Break("half");
        await _gateway.StartAsync();
        await _gateway.Get<IDatabase>().WriteAsync(
            db => db.ExecuteAsync("UPDATE council_file SET content = @none WHERE council = 'c'", new { none = Array.Empty<byte>() }), default);
        await RestartAsync();

        await AssertUnavailableAsync("c");
        Assert.False((await _gateway.Get<CouncilActions>().RemoveAsync(Current, "other", "op", "a test", default)).Done);
    }

    [Fact]
    public async Task Editors_files_are_passed_over()
    {
        await _gateway.StartAsync();
        foreach (var name in (string[])[".c.json.swp", ".#c.json", "c.json~", ".hidden.json", "#c.json#"])
            await File.WriteAllTextAsync(Path.Combine(_gateway.Councils, name), "{");
        File.CreateSymbolicLink(Path.Combine(_gateway.Councils, "dangling.json"), "nothing.json");
        File.CreateSymbolicLink(Path.Combine(_gateway.Councils, ".#d.json"), "me@machine.1234");

        await _gateway.Get<CouncilDirectory>().ScanAsync(default);

        Assert.Equal(["c.json", "other.json"], _gateway.Files().Select(f => Path.GetFileName(f.Path)).Order(StringComparer.Ordinal));
        Assert.Equal("ready", await ReadyAsync());
    }

    [Fact]
    public async Task Check_that_does_not_finish_in_time_is_repeated_and_is_no_error()
    {
        using var gate = new PluginGate();
        PluginForge.Compile(
            Path.Combine(_gateway.Plugins, "slow", "Slow.dll"),
            PluginForge.Plugin("slow").Replace(
                "=> new Adapter(context);", $"{{ {gate.Wait} return new Adapter(context); }}", StringComparison.Ordinal));
        _gateway.Council("s", """{ "jurisdictionId": "s", "name": "S", "backends": { "b": { "adapter": "slow" } }, "services": [ { "code": "A", "name": "A" } ] }""");
        await _gateway.StartAsync();

        var file = _gateway.Files().Single(f => f.JurisdictionId == "s");
        Assert.Empty(file.Errors);
        Assert.Equal(["b"], file.Unfinished);
        Assert.NotNull(file.Live);
        Assert.Contains("s.json could not be checked completely", await ReadyAsync(), StringComparison.Ordinal);

        gate.Open();
        await Eventually.TrueAsync(() => _gateway.Files().Single(f => f.JurisdictionId == "s").IsValid, "the file is checked again");
        Assert.Equal("ready", await ReadyAsync());
    }

    private CouncilSnapshot Current => _gateway.Get<CouncilDirectory>().Current;

    /// <summary>Starts the gateway, and waits until the versions of all council files are stored.</summary>
    private async Task StartStoredAsync()
    {
        await _gateway.StartAsync();
        await Eventually.TrueAsync(
            async () => (await _gateway.Get<StoredCouncilFiles>().ListAsync(default)).Count == Current.Councils.Count, "the council files are stored");
    }

    private async Task RestartAsync()
    {
        await _gateway.StopAsync();
        await _gateway.StartAsync();
    }

    private void Break(string kind)
    {
        var valid = Some.EmailCouncil("c", Aliases);
        switch (kind)
        {
            case "the edit":
                _gateway.Council("c", Some.EmailCouncil("c", "\"sendMethod\": \"emial\","));
                break;
            case "half":
                _gateway.Council("c", valid[..(valid.Length / 2)]);
                break;
            case "empty":
                _gateway.Council("c", "");
                break;
            case "not a file":
                // A folder of the file's name cannot be read as a file, even by an account that may read everything.
                File.Delete(FilePath);
                File.CreateSymbolicLink(FilePath, "/proc/self/mem");
                break;
            default:
                _gateway.Council("c", valid.Replace("\"to\":", "\"too\":", StringComparison.Ordinal));
                break;
        }
    }

    private void Repair(string json)
    {
        File.Delete(FilePath);
        _gateway.Council("c", json);
    }

    private Task<HttpReply> ServicesAsync(string council) => _gateway.GetAsync($"services.xml?jurisdiction_id={council}");

    private async Task AssertAcceptedAsync()
    {
        Assert.Equal(HttpStatusCode.OK, (await ServicesAsync("c")).Status);
        Assert.StartsWith("PG", (await _gateway.PostAsync("c", Some.Report())).Id, StringComparison.Ordinal);
    }

    private async Task AssertUnavailableAsync(string council)
    {
        foreach (var reply in (HttpReply[])[await ServicesAsync(council), await _gateway.PostAsync(council, Some.Report())])
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
            Assert.Equal("60", reply.Headers["Retry-After"]);
        }
    }

    private async Task<string> ReadyAsync() => await _gateway.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative));
}

using System.Diagnostics;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests files behind links that are switched to another release, as Kubernetes does with mounted configurations: every file is a link into a folder
/// <c>..data</c>, which is a link to the current release.
/// </summary>
public sealed class LinkedFileTests : IAsyncDisposable
{
    private readonly GatewayApp _gateway = new();

    public LinkedFileTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows, only administrators can create symbolic links.");

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    [Trait("Case", "61-configmap")]
    public async Task Council_file_behind_a_switched_link_is_live()
    {
        Release(_gateway.Councils, "2026_1", "c.json", Some.EmailCouncil("c"));
        Link(_gateway.Councils, "c.json");
        Switch(_gateway.Councils, "2026_1");
        await _gateway.StartAsync();

        // The file has the same length and the same times.
        var (first, second) = (Path.Combine(_gateway.Councils, "..2026_1", "c.json"), Path.Combine(_gateway.Councils, "..2026_2", "c.json"));
        Release(_gateway.Councils, "2026_2", "c.json", Some.EmailCouncil("c").Replace("Council of c", "Council of d", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(second, File.GetLastWriteTimeUtc(first));
        Switch(_gateway.Councils, "2026_2");

        await Eventually.TrueAsync(() => _gateway.Get<CouncilDirectory>().Current.Find("c")!.Name == "Council of d", "the new file is live");
        Assert.Equal("ready", await _gateway.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
    }

    [Fact]
    [Trait("Case", "61-configmap")]
    public async Task Template_behind_a_switched_link_is_used()
    {
        var folder = _gateway.Councils + "-templates";
        await using var gateway = new GatewayApp($"--Email:TemplatesPath={folder}").Council("c", Some.EmailCouncil("c"));
        Release(folder, "2026_1", "report-subject.sbn-txt", "First subject");
        Link(folder, "report-subject.sbn-txt");
        Switch(folder, "2026_1");
        await gateway.StartAsync();
        await gateway.PostAsync("c", Some.Report());
        Assert.Contains("Subject: First subject", Assert.Single(await gateway.MailsAsync(1)), StringComparison.Ordinal);

        Release(folder, "2026_2", "report-subject.sbn-txt", "Other subject");
        Switch(folder, "2026_2");
        await Eventually.TrueAsync(
            async () =>
            {
                await gateway.Get<Core.Email.MailTemplates>().RefreshAsync(default);
                return await gateway.Get<Core.Email.TemplateFiles>().ReadAsync(null, "report-subject.sbn-txt", default) == "Other subject";
            },
            "the new template is used");
    }

    [Fact]
    [Trait("Case", "61-configmap")]
    public async Task Secret_behind_a_switched_link_is_used_by_the_adapter()
    {
        await using var council = await StubOpen311.StartAsync();
        Release(_gateway.Secrets, "2026_1", "API_KEY", "first");
        Link(_gateway.Secrets, "API_KEY");
        Switch(_gateway.Secrets, "2026_1");
        Built.Drop("Open311", _gateway.Plugins);
        await _gateway.Council("c", Some.Open311Council("c", council.Endpoint).Replace("\"k\"", "\"${secret:API_KEY}\"", StringComparison.Ordinal)).StartAsync();
        await _gateway.PostAsync("c", Some.Report());
        Assert.Equal("first", council.Posts.Single()["api_key"]);
        var before = _gateway.Get<CouncilDirectory>().Current.Find("c")!.BackEnds["open311"];

        Release(_gateway.Secrets, "2026_2", "API_KEY", "other");
        Switch(_gateway.Secrets, "2026_2");
        await Eventually.TrueAsync(
            () => _gateway.Get<CouncilDirectory>().Current.Find("c")!.BackEnds["open311"].SettingsVersion != before.SettingsVersion, "the secret is noticed");
        await _gateway.PostAsync("c", Some.Report(description: "Another hole"));

        Assert.Equal("other", council.Posts.Last()["api_key"]);
        Assert.DoesNotContain("other", _gateway.Get<CouncilDirectory>().Current.Find("c")!.BackEnds["open311"].SettingsVersion, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_secret_that_is_added_makes_the_back_end_available()
    {
        await using var council = await StubOpen311.StartAsync();
        Built.Drop("Open311", _gateway.Plugins);
        await _gateway.Council("c", Some.Open311Council("c", council.Endpoint).Replace("\"k\"", "\"${secret:API_KEY}\"", StringComparison.Ordinal)).StartAsync();
        Assert.Contains("API_KEY is missing", Assert.Single(Assert.Single(_gateway.Files()).Errors).Message, StringComparison.Ordinal);

        _gateway.Secret("API_KEY", "first");

        await Eventually.TrueAsync(() => _gateway.Files().Single().IsValid, "the file is valid");
        Assert.False(_gateway.Get<AdapterCaller>().IsUnavailable(_gateway.Get<CouncilDirectory>().Current.Find("c")!.BackEnds["open311"]));
    }

    [Fact]
    [Trait("Case", "61-configmap")]
    public async Task Plug_in_behind_a_switched_link_is_swapped()
    {
        var folder = Path.Combine(_gateway.Plugins, "one");
        PluginForge.Compile(Path.Combine(folder, "..2026_1", "One.dll"), PluginForge.WithWord("one", "first"));
        PluginForge.Compile(Path.Combine(folder, "..2026_2", "One.dll"), PluginForge.WithWord("one", "other"));
        Link(folder, "One.dll");
        Switch(folder, "2026_1");
        await _gateway.StartAsync();
        var first = _gateway.Get<PluginCatalog>().Find("one")!.Sha256;

        Switch(folder, "2026_2");

        await Eventually.TrueAsync(() => _gateway.Get<PluginCatalog>().Find("one")!.Sha256 != first, "the new version serves");
    }

    private static void Release(string folder, string release, string file, string content)
    {
        Directory.CreateDirectory(Path.Combine(folder, ".." + release));
        File.WriteAllText(Path.Combine(folder, ".." + release, file), content);
    }

    private static void Link(string folder, string file) => File.CreateSymbolicLink(Path.Combine(folder, file), Path.Combine("..data", file));

    /// <summary>Switches the link to the current release atomically.</summary>
    private static void Switch(string folder, string release)
    {
        Directory.CreateSymbolicLink(Path.Combine(folder, "..data_tmp"), ".." + release);
        using var move = Process.Start(new ProcessStartInfo("mv", ["-T", Path.Combine(folder, "..data_tmp"), Path.Combine(folder, "..data")]))!;
        move.WaitForExit();
        Assert.Equal(0, move.ExitCode);
    }
}

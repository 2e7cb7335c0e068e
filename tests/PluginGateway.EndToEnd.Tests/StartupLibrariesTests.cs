using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that the libraries for mails, templates and plug-ins are loaded only when needed, to keep the start fast.</summary>
public sealed class StartupLibrariesTests : IDisposable
{
    private static readonly string[] Late = ["Scriban.Signed.dll", "MimeKit.dll", "MailKit.dll", "BouncyCastle.Cryptography.dll",
        "McMaster.NETCore.Plugins.dll", "Microsoft.Data.SqlClient.dll"];

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Libraries_are_not_loaded_at_start_and_those_for_mails_with_the_first_mail()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The test reads the loaded files from /proc, which exists only on Linux.");
        Assert.SkipWhen(TestStore.IsSqlServer, "The client for SQL Server is loaded at start when the gateway uses SQL Server.");
        _folder.Write("councils/mail.json", Some.EmailCouncil("mail", "\"alsoSend\": [ { \"to\": \"night@mail.example\" } ],"));
        Directory.CreateDirectory(_folder.At("plugins"));
        string[] settings =
        [
            $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
            $"--Email:PickupPath={_folder.At("pickup")}", "--Alerts:To=desk@mail.example", "--Sending:Poll=00:00:00.1",
        ];
        var key = (await GatewayProcess.RunAsync([.. settings, "key", "create", "--client", "a test"])).Output.Trim();

        await using var process = await GatewayProcess.StartAsync(settings);
        Assert.Empty(Loaded(process.Id));

        using var http = new HttpClient();
        using var content = new FormUrlEncodedContent(
            Some.Report().Append(("jurisdiction_id", "mail")).Append(("api_key", key)).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var response = await http.PostAsync(new Uri(process.Address, "/open311/v2/requests.xml"), content);
        response.EnsureSuccessStatusCode();
        await Eventually.TrueAsync(
            () => Directory.Exists(_folder.At("pickup")) && Directory.GetFiles(_folder.At("pickup"), "*.eml").Length == 2, "the mails are sent");

        // Proves that the list would have shown the libraries.
        Assert.Contains("Scriban.Signed.dll", Loaded(process.Id));
        Assert.Contains("MimeKit.dll", Loaded(process.Id));
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> Loaded(int process)
    {
        var maps = File.ReadAllText($"/proc/{process}/maps");
        return [.. Late.Where(library => maps.Contains('/' + library, StringComparison.OrdinalIgnoreCase))];
    }
}

using System.Net;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that calls that repeat do not flood the log.</summary>
public sealed class LogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Refused_calls_are_logged_once_for_each_kind_without_their_texts()
    {
        _folder.Write("councils/mail.json", Some.EmailCouncil("mail"));
        await using var gateway = await GatewayProcess.StartAsync(
            $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}",
            $"--Plugins:Path={_folder.At("plugins")}");
        using var http = new HttpClient();
        for (var i = 0; i < 40; i++)
        {
            using var form = new FormUrlEncodedContent(
                Some.Report().Concat([("api_key", "wrong"), ("jurisdiction_id", i % 2 == 0 ? "mail" : "nowhere")]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
            using var response = await http.PostAsync(new Uri(gateway.Address, "/open311/v2/requests.xml"), form);
            Assert.Equal(i % 2 == 0 ? HttpStatusCode.Forbidden : HttpStatusCode.NotFound, response.StatusCode);
        }

        Assert.Equal(0, await gateway.TerminateAsync());
        Assert.Single(Lines(gateway.Output, "A call was refused: POST Requests, council mail, status 403, error code 40301."));
        Assert.Single(Lines(gateway.Output, "A call was refused: POST Requests, council unknown, status 404, error code 40402."));
        Assert.DoesNotContain("nowhere", gateway.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string> Lines(string output, string text) => output.Split('\n').Where(l => l.Contains(text, StringComparison.Ordinal));
}

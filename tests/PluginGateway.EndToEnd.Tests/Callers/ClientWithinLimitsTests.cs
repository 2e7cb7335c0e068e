using System.Globalization;
using System.Text;
using System.Xml.Linq;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Callers;

/// <summary>
/// Tests that a busy minute of a large site's client (FixMyStreet) stays within the default limits: it opens a connection for each call, sends its key only
/// with posts and updates, and fetches the definitions of all services one after the other.
/// </summary>
public sealed class ClientWithinLimitsTests : IAsyncLifetime
{
    private const int Services = 150;
    private const int Reports = 80;
    private const int Updates = 30;

    private readonly GatewayApp _gateway = new GatewayApp([.. Defaults()]).Council("fms", Council());

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_busy_minute_of_the_client_is_answered()
    {
        var codes = Elements(await GetAsync("services.xml?jurisdiction_id=fms"), "service_code");
        Assert.Equal(Services, codes.Count);
        foreach (var code in codes)
            await GetAsync($"services/{code}.xml?jurisdiction_id=fms");

        var ids = new List<string>();
        for (var i = 0; i < Reports; i++)
            ids.AddRange(Elements(
                await PostAsync(
                    "requests.xml",
                    $"service_code=S{i % Services}&lat=51.5&long=-0.1&description=title%3A+Hole+{i}%0D%0A%0D%0Aurl%3A+https%3A%2F%2Fsite.example%2Freport%2F{i}"
                        + $"&email=test%40example.com&attribute%5Bfixmystreet_id%5D={i}&first_name=Test&last_name=&phone="),
                "service_request_id"));
        Assert.Equal(Reports, ids.Distinct().Count());

        for (var i = 0; i < 5; i++)
        {
            // Statuses of open reports, without the key; then the updates of the last two hours, with it.
            Assert.Equal(Reports, Elements(await GetAsync($"requests.xml?service_request_id={string.Join(',', ids)}&jurisdiction_id=fms"), "service_request_id").Count);
            await GetAsync("requests.xml?start_date=2026-11-22T06%3A00%3A00Z&end_date=2026-11-22T07%3A00%3A00Z&jurisdiction_id=fms");
            await GetAsync(
                $"servicerequestupdates.xml?api_key={GatewayApp.Key}&start_date=2026-11-22T05%3A00%3A00Z&end_date=2026-11-22T07%3A00%3A00Z&jurisdiction_id=fms");
        }

        for (var i = 0; i < Updates; i++)
            await PostAsync(
                "servicerequestupdates.xml",
                $"update_id={i}&service_request_id={ids[i]}&status=OPEN&description=Still+there&updated_datetime=2026-11-22T06%3A59%3A50%2B00%3A00"
                    + "&first_name=Test&last_name=User&email=test%40example.com");
    }

    /// <summary>Returns the default limits as settings, because tests have higher ones.</summary>
    private static IEnumerable<string> Defaults()
    {
        var limits = new LimitsOptions();
        return typeof(LimitsOptions).GetProperties().Select(p => string.Create(CultureInfo.InvariantCulture, $"--Limits:{p.Name}={p.GetValue(limits)}"));
    }

    private static string Council() => $$"""
        {
          "jurisdictionId": "fms", "name": "A council", "backends": { "email": { "adapter": "email", "settings": { "to": "highways@fms.example" } } },
          "services": [ {{string.Join(", ", Enumerable.Range(0, Services).Select(i => $$"""{ "code": "S{{i}}", "name": "Service {{i}}", "questions": [ { "code": "WHERE", "type": "text" } ] }"""))}} ]
        }
        """;

    private static List<string> Elements(string xml, string name) => [.. XDocument.Parse(xml).Descendants(name).Select(e => e.Value)];

    private Task<string> GetAsync(string target) => SendAsync("GET", target, "", []);

    private Task<string> PostAsync(string target, string form) => SendAsync(
        "POST", target, "\nContent-Type: application/x-www-form-urlencoded", Encoding.ASCII.GetBytes($"{form}&jurisdiction_id=fms&api_key={GatewayApp.Key}"));

    private async Task<string> SendAsync(string method, string target, string headers, byte[] content)
    {
        var (status, _, body) = await RawHttp.SendAsync(
            _gateway.Address,
            $"{method} /open311/v2/{target} HTTP/1.1\nTE: deflate,gzip;q=0.3\nConnection: TE, close\nHost: 127.0.0.1\nUser-Agent: libwww-perl/6.67{headers}", content);
        Assert.True(status == 200, $"{method} {target}: {status} {body}");
        return body;
    }
}

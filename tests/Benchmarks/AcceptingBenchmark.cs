using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>
/// A queued POST, compared with a bare endpoint that parses the same form and makes one insert through the same group commit. The council's
/// plug-in is missing, so that no deliveries run during the measurement.
/// </summary>
internal static class AcceptingBenchmark
{
    private const int Connections = 32;

    private const string Council = """
        { "jurisdictionId": "bench", "name": "Bench", "catalogue": [], "backends": { "away": { "adapter": "away" } },
          "services": [ { "code": "BIN", "name": "Missed bin", "questions": [ { "code": "WHERE", "type": "text" } ] } ] }
        """;

    private static int _reference;

    public static async Task RunAsync()
    {
        await using var gateway = await new GatewayApp().Council("bench", Council).StartAsync();
        using var folder = new TempFolder();
        await using var database = new SqliteDatabase(Options.Create(new StateOptions { Path = folder.Path }), Faults.None, TimeProvider.System);
        await database.MigrateAsync(default);
        var body = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests><request><service_request_id>PG0000000000000</service_request_id></request></service_requests>"u8.ToArray();
        await using var bare = await BareServer.StartAsync(InsertAsync);

        await Rounds.CompareAsync(
            string.Create(CultureInfo.InvariantCulture, $"queued POST, {Connections} connections"), "per second", 0.6,
            () => Rounds.RateAsync(gateway.Address, Connections, _ => Request()),
            () => Rounds.RateAsync(bare.Address, Connections, _ => Request()));

        async Task InsertAsync(HttpContext http)
        {
            var form = await http.Request.ReadFormAsync();
            var (id, content) = (form["attribute[fixmystreet_id]"].ToString(), Encoding.UTF8.GetBytes(form["description"].ToString()));
            await database.WriteAsync(
                db => db.ExecuteAsync("INSERT INTO data_key (id, content) VALUES (@id, @content)", new { id, content }), CancellationToken.None);
            http.Response.ContentType = "text/xml; charset=utf-8";
            await http.Response.BodyWriter.WriteAsync(body);
        }
    }

    private static byte[] Request()
    {
        var reference = Interlocked.Increment(ref _reference);
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $"api_key={GatewayApp.Key}&jurisdiction_id=bench&service_code=BIN&lat=51.501009&long=-0.141588&description=title%3A+Missed+bin%0D%0A%0D%0Adetail%3A+It+was+out+at+six+in+the+morning+and+nobody+came.&attribute%5BWHERE%5D=By+the+gate&attribute%5Bfixmystreet_id%5D={reference}&first_name=Jo&last_name=Bloggs&email=jo%40example.org");
        const string Head = "POST /open311/v2/requests.xml HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Head}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }
}

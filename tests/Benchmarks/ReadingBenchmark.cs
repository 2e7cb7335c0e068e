using System.Text;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>GET services, compared with a bare Kestrel endpoint that writes the same bytes.</summary>
internal static class ReadingBenchmark
{
    public static async Task RunAsync()
    {
        await using var gateway = await new GatewayApp().Council("bench", Some.EmailCouncil("bench")).StartAsync();
        var bytes = await gateway.Http.GetByteArrayAsync(new Uri($"{gateway.V2}/services.xml?jurisdiction_id=bench"));
        await using var bare = await BareServer.StartAsync(async http =>
        {
            http.Response.ContentType = "text/xml; charset=utf-8";
            http.Response.ContentLength = bytes.Length;
            await http.Response.BodyWriter.WriteAsync(bytes);
        });

        var request = Encoding.ASCII.GetBytes("GET /open311/v2/services.xml?jurisdiction_id=bench HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        await Rounds.CompareAsync(
            "GET services.xml, 16 connections", "per second", 0.8,
            () => Rounds.RateAsync(gateway.Address, 16, _ => request),
            () => Rounds.RateAsync(bare.Address, 16, _ => request));
    }
}

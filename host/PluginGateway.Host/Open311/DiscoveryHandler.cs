using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Open311;

/// <summary>Serves the discovery document (GeoReport v2, Service Discovery), for programs and as an HTML page.</summary>
internal sealed class DiscoveryHandler(CatalogueStore catalogues, IPublicUrl self, IHostEnvironment environment, IOptions<Open311Options> options)
{
    private const string Specification = "http://wiki.open311.org/GeoReport_v2";

    private static readonly string[] Formats = ["text/xml", "application/json"];

    public async Task<Open311Response> DiscoveryAsync(Open311Request call)
    {
        // The standard requires a time that is "not in the future". It changes only when a service changes.
        var changeset = await catalogues.LatestChangeAsync(call.Aborted);
        var address = self.Url + Open311Target.Root;
        return new Open311Response.Written(writer =>
        {
            writer.StartDocument("discovery");
            writer.Time("changeset", changeset);
            writer.Text("contact", options.Value.Contact);
            writer.Text("key_service", options.Value.KeyService);
            writer.StartChildren("endpoints", "endpoint");
            Endpoint(writer, $"{address}/v2", environment.IsProduction() ? "production" : "test", changeset);
            foreach (var council in call.Councils.Councils)
                Endpoint(writer, $"{address}/{Uri.EscapeDataString(council.JurisdictionId)}/v2", environment.IsProduction() ? "production" : "test", changeset);
            // Clients expect a production and a test endpoint of every server, so the other type is listed with the same address.
            Endpoint(writer, $"{address}/v2", environment.IsProduction() ? "test" : "production", changeset);
            writer.EndChildren();
            writer.EndDocument();
        });
    }

    public Open311Response Page(Open311Request call)
    {
        var address = WebUtility.HtmlEncode(self.Url + Open311Target.Root);
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Open311</title></head><body><main>");
        page.Append("<h1>Open311 GeoReport v2</h1>");
        page.Append(
            CultureInfo.InvariantCulture, $"<p>The base URL for all councils is <code>{address}/v2/</code>; it requires a <code>jurisdiction_id</code>. ");
        page.Append(CultureInfo.InvariantCulture, $"Programs find all endpoints in <a href=\"{address}/discovery.xml\">discovery.xml</a> ");
        page.Append(CultureInfo.InvariantCulture, $"or <a href=\"{address}/discovery.json\">discovery.json</a>.</p><ul>");
        foreach (var council in call.Councils.Councils)
        {
            var (name, id) = (WebUtility.HtmlEncode(council.Name), Uri.EscapeDataString(council.JurisdictionId));
            page.Append(CultureInfo.InvariantCulture, $"<li>{name}: <a href=\"{address}/{id}/v2/services.xml\">{address}/{id}/v2/</a></li>");
        }

        page.Append("</ul><p>").Append(WebUtility.HtmlEncode(options.Value.KeyService)).Append("</p></main></body></html>");
        return new Open311Response.Html(Encoding.UTF8.GetBytes(page.ToString()));
    }

    private static void Endpoint(ResponseWriter writer, string url, string type, DateTimeOffset changeset)
    {
        writer.StartItem();
        writer.Text("specification", Specification);
        writer.Text("url", url);
        writer.Time("changeset", changeset);
        writer.Text("type", type);
        writer.Texts("formats", "format", Formats);
        writer.EndItem();
    }
}

using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Open311;

/// <summary>Handles GET Service List and GET Service Definition (GeoReport v2). Each response is rendered once per list of services and format.</summary>
internal sealed class ServicesHandler(ServiceCatalogues catalogues)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(30);

    public async ValueTask<Open311Response> ListAsync(Open311Request call)
    {
        var (services, refusal) = await ServicesAsync(call);
        return refusal ?? Ready(services!, call, "services", WriteList);
    }

    public async ValueTask<Open311Response> DefinitionAsync(Open311Request call)
    {
        var (services, refusal) = await ServicesAsync(call);
        if (refusal is not null)
            return refusal;
        if (call.Target.Id.Length == 0)
            return Open311Response.Missing("service_code");

        return services!.Find(call.Target.Id) is { } service
            ? Ready(services, call, "service/" + service.Code, (writer, _) => WriteDefinition(writer, service))
            : Open311Response.NotFound("service_code", call.Target.Id);
    }

    /// <summary>Returns the council's services, or the response that explains why there are none yet.</summary>
    public async ValueTask<(PublishedServices? Services, Open311Response? Refusal)> ServicesAsync(Open311Request call)
    {
        var (council, refusal) = ApiRequestContext.ForAll(call);
        return refusal is not null ? (null, refusal) : await ServicesAsync(council!, call.Aborted);
    }

    public async ValueTask<(PublishedServices? Services, Open311Response? Refusal)> ServicesAsync(Council council, CancellationToken ct) =>
        await catalogues.GetAsync(council, ct) is { } services
            ? (services, null)
            : (null, Open311Response.Error(
                StatusCodes.Status503ServiceUnavailable, "The council's services are not available yet. Try again later.") with
            { RetryAfter = RetryDelay });

    private static Open311Response Ready(PublishedServices services, Open311Request call, string key, Action<ResponseWriter, PublishedServices> write)
    {
        var (format, profile) = (call.Target.Format, call.Profile & ClientProfile.Nulls);
        var rendered = services.GetResponse(
            $"{format}/{profile}/{key}",
            s =>
            {
                var buffer = new ArrayBufferWriter<byte>();
                ResponseSender.Complete(ResponseSender.Writer(format, buffer, profile), writer => write(writer, s));
                var body = buffer.WrittenSpan.ToArray();
                return new RenderedResponse(
                    body, $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 12))}\"", HeaderUtilities.FormatDate(s.Changed));
            });
        return new Open311Response.Ready(rendered, services.Stale);
    }

    private static void WriteList(ResponseWriter writer, PublishedServices services)
    {
        writer.StartList("services", "service");
        foreach (var published in services.Services)
        {
            var service = published.Service;
            writer.StartItem();
            writer.Text("service_code", published.Code);
            writer.Text("service_name", service.Name);
            writer.TextOrEmpty("description", service.Description);
            writer.Flag("metadata", service.Attributes.Count > 0);
            writer.Text("type", service.Type.ToString().ToLowerInvariant());
            writer.TextOrEmpty("keywords", string.Join(',', service.Keywords));
            // The standard defines one group, and mySociety's extension several. A service has only one of the two elements.
            if (service.Groups.Count > 1)
                writer.Texts("groups", "group", service.Groups);
            else
                writer.TextOrEmpty("group", service.Groups.Count == 0 ? null : service.Groups[0]);
            writer.EndItem();
        }

        writer.EndList();
    }

    private static void WriteDefinition(ResponseWriter writer, PublishedService published)
    {
        writer.StartDocument("service_definition");
        writer.Text("service_code", published.Code);
        writer.StartChildren("attributes", "attribute");
        var order = 0;
        foreach (var attribute in published.Service.Attributes)
        {
            writer.StartItem();
            writer.Flag("variable", attribute.Variable);
            writer.Text("code", attribute.Code);
            writer.Text("datatype", attribute.Type.ToString().ToLowerInvariant());
            writer.Flag("required", attribute.Required);
            writer.TextOrEmpty("datatype_description", attribute.TypeDescription);
            writer.Number("order", ++order);
            writer.TextOrEmpty("description", attribute.Description);
            writer.Text("automated", attribute.Automated switch
            {
                AttributeAutomation.ServerSet => "server_set",
                AttributeAutomation.HiddenField => "hidden_field",
                _ => null,
            });
            if (attribute.Type is AttributeType.SingleValueList or AttributeType.MultiValueList)
                WriteValues(writer, attribute.Values);
            writer.EndItem();
        }

        writer.EndChildren();
        writer.EndDocument();
    }

    private static void WriteValues(ResponseWriter writer, IReadOnlyList<AttributeValue> values)
    {
        writer.StartChildren("values", "value");
        foreach (var value in values)
        {
            writer.StartItem();
            writer.Text("key", value.Key);
            writer.Text("name", value.Name);
            writer.Text("disable_message", value.DisableMessage);
            writer.EndItem();
        }

        writer.EndChildren();
    }
}

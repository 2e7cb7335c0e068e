using System.Net.Http.Headers;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>SOAP over HTTP to one address.</summary>
/// <param name="http">The client that the gateway gave.</param>
/// <param name="endpoint">The address.</param>
/// <param name="version">The version of SOAP.</param>
/// <param name="time">The clock, for <c>Retry-After</c>.</param>
public sealed class SoapClient(HttpClient http, Uri endpoint, SoapVersion version, TimeProvider time)
{
    private const string CannotBeRead = "The council's system gave an answer that cannot be read.";

    /// <summary>A call that changes nothing.</summary>
    /// <param name="action">The SOAP action, without quotation marks.</param>
    /// <param name="envelope">The envelope.</param>
    /// <param name="cancellationToken">Fires when the time is up.</param>
    /// <returns>The first element in the answer's body.</returns>
    /// <exception cref="AdapterException">No answer, a fault, or something that is not SOAP.</exception>
    public async Task<XElement> ReadAsync(string action, byte[] envelope, CancellationToken cancellationToken)
    {
        var answer = await HttpCalls.ReadAsync(http, Request(action, envelope), time, cancellationToken);
        var content = Content(answer);
        if (SoapFault.Of(content) is { } fault)
            throw AdapterException.Transient("The council's system has trouble at the moment.", Describe(answer, fault));
        return content ?? throw (answer.IsSuccess ? AdapterException.Transient(CannotBeRead, NoSoap(answer)) : answer.Refusal());
    }

    /// <summary>
    /// A call that creates something. A fault of the caller says that nothing was done; after any other, as after half an answer, it is not
    /// known.
    /// </summary>
    /// <param name="action">The SOAP action, without quotation marks.</param>
    /// <param name="envelope">The envelope.</param>
    /// <param name="cancellationToken">Fires when the time is up.</param>
    /// <returns>The first element in the answer's body.</returns>
    /// <exception cref="AdapterException">No answer, a fault, or something that is not SOAP.</exception>
    public async Task<XElement> ChangeAsync(string action, byte[] envelope, CancellationToken cancellationToken)
    {
        var answer = await HttpCalls.ChangeAsync(http, Request(action, envelope), time, cancellationToken);
        var content = Content(answer);
        if (SoapFault.Of(content) is { } fault)
            throw fault.IsOfCaller
                ? AdapterException.Transient("The council's system did not take the call.", Describe(answer, fault))
                : AdapterException.OutcomeUnknown("The council's system failed in the middle of the call.", Describe(answer, fault));
        // What the envelope says counts, whatever the status line says.
        return content ?? throw (answer.IsSuccess ? AdapterException.OutcomeUnknown(CannotBeRead, NoSoap(answer)) : answer.Refusal());
    }

    private static XElement? Content(HttpResult answer) =>
        SafeXml.Parse(answer.Body) is { Name.LocalName: "Envelope" } envelope ? envelope.Child("Body")?.Elements().FirstOrDefault() : null;

    private static string Describe(HttpResult answer, SoapFault fault) => $"{answer.StatusLine}, fault {fault.Code}: {fault.Reason}";

    private static string NoSoap(HttpResult answer) =>
        $"{answer.StatusLine}, {(answer.ContentType.Length > 0 ? answer.ContentType : "no content type")}: no SOAP envelope";

    private HttpRequestMessage Request(string action, byte[] envelope)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(envelope) };
        if (version == SoapVersion.Soap11)
        {
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/xml", "utf-8");
            request.Headers.Add("SOAPAction", $"\"{action}\"");
        }
        else
        {
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/soap+xml", "utf-8");
            request.Content.Headers.ContentType.Parameters.Add(new NameValueHeaderValue("action", $"\"{action}\""));
        }

        return request;
    }
}

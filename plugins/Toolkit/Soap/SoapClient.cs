using System.Net.Http.Headers;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Soap;

/// <summary>Sends SOAP calls over HTTP to one address.</summary>
/// <param name="http">The client from <see cref="AdapterContext.Http"/>.</param>
/// <param name="endpoint">The address of the service.</param>
/// <param name="version">The version of SOAP.</param>
/// <param name="time">The clock, for <c>Retry-After</c>.</param>
public sealed class SoapClient(HttpClient http, Uri endpoint, SoapVersion version, TimeProvider time)
{
    /// <summary>Sends a call that changes nothing. Every fault is transient, because the call can be repeated.</summary>
    /// <param name="action">The SOAP action, without quotation marks.</param>
    /// <param name="envelope">The envelope in UTF-8.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The first element in the body of the response.</returns>
    /// <exception cref="AdapterException">
    /// There was no response, the response was a fault, or it was not SOAP. A response that is not SOAP is classified by
    /// <see cref="HttpResult.Refusal"/> or, if its status is 2xx, <see cref="HttpResult.Unreadable"/>.
    /// </exception>
    public async Task<XElement> ReadAsync(string action, byte[] envelope, CancellationToken cancellationToken)
    {
        var answer = await HttpCalls.ReadAsync(http, Request(action, envelope), time, cancellationToken);
        var content = Content(answer);
        if (SoapFault.Of(content) is { } fault)
            throw AdapterException.Transient("The council's system reported an error.", Describe(answer, fault));
        return content ?? throw NoSoap(answer);
    }

    /// <summary>
    /// Sends a call that creates something. A fault that blames the caller means that nothing was created. After any other fault, or a truncated
    /// response, the outcome is unknown.
    /// </summary>
    /// <param name="action">The SOAP action, without quotation marks.</param>
    /// <param name="envelope">The envelope in UTF-8.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The first element in the body of the response.</returns>
    /// <exception cref="AdapterException">
    /// There was no response, the response was a fault, or it was not SOAP. A response that is not SOAP is classified by
    /// <see cref="HttpResult.Refusal"/> or, if its status is 2xx, <see cref="HttpResult.Unreadable"/>.
    /// </exception>
    public async Task<XElement> ChangeAsync(string action, byte[] envelope, CancellationToken cancellationToken)
    {
        var answer = await HttpCalls.ChangeAsync(http, Request(action, envelope), time, cancellationToken);
        var content = Content(answer);
        if (SoapFault.Of(content) is { } fault)
            throw fault.IsOfCaller
                ? AdapterException.Transient("The council's system refused the call.", Describe(answer, fault))
                : AdapterException.OutcomeUnknown("The council's system failed while it was processing the call.", Describe(answer, fault));
        // A SOAP envelope takes precedence over the HTTP status.
        return content ?? throw NoSoap(answer);
    }

    private static XElement? Content(HttpResult answer) =>
        answer.ReadXml() is { Name.LocalName: "Envelope" } envelope ? envelope.Child("Body")?.Elements().FirstOrDefault() : null;

    private static string Describe(HttpResult answer, SoapFault fault) => $"{answer.StatusLine}, fault {fault.Code}: {fault.Reason}";

    private static AdapterException NoSoap(HttpResult answer) => answer.IsSuccess ? answer.Unreadable("no SOAP envelope") : answer.Refusal();

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

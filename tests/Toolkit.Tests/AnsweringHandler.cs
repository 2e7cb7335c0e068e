using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace PluginGateway.Adapters.Toolkit.Tests;

/// <summary>Returns the same response to every request.</summary>
internal sealed class AnsweringHandler(HttpStatusCode status, string type, byte[] body, Action<HttpResponseMessage>? more = null) : HttpMessageHandler
{
    public AnsweringHandler((HttpStatusCode Status, string Type, string Body) answer, Action<HttpResponseMessage>? more = null)
        : this(answer.Status, answer.Type, Encoding.UTF8.GetBytes(answer.Body), more)
    {
    }

    public string? ContentType { get; private set; }

    public string? SoapAction { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ContentType = request.Content?.Headers.ContentType?.ToString();
        SoapAction = request.Headers.TryGetValues("SOAPAction", out var values) ? values.Single() : null;
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        var response = new HttpResponseMessage(status) { Content = content };
        more?.Invoke(response);
        return Task.FromResult(response);
    }
}

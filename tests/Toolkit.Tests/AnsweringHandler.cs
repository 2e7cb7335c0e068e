using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace PluginGateway.Adapters.Toolkit.Tests;

/// <summary>Returns the same response to every request.</summary>
internal sealed class AnsweringHandler((HttpStatusCode Status, string Type, string Body) answer, Action<HttpResponseMessage>? more = null) : HttpMessageHandler
{
    public string? ContentType { get; private set; }

    public string? SoapAction { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ContentType = request.Content?.Headers.ContentType?.ToString();
        SoapAction = request.Headers.TryGetValues("SOAPAction", out var values) ? values.Single() : null;
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(answer.Body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(answer.Type);
        var response = new HttpResponseMessage(answer.Status) { Content = content };
        more?.Invoke(response);
        return Task.FromResult(response);
    }
}

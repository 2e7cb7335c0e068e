using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Symology.Simulator;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>Connects an <see cref="HttpClient"/> to the simulator and records the requests byte for byte.</summary>
internal sealed class InProcessSymology(SymologyService service) : HttpMessageHandler
{
    public ConcurrentQueue<(string Headers, byte[] Body)> Sent { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        var (type, action) = (request.Content.Headers.ContentType!.ToString(), request.Headers.GetValues("SOAPAction").Single());
        Sent.Enqueue(($"POST {request.RequestUri}\nContent-Type: {type}\nSOAPAction: {action}\n\n", body));
        if (service.Answer(type, action, body) is not { } answer)
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection closed.");

        var content = new StringContent(answer.Body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(answer.ContentType);
        return new HttpResponseMessage(answer.Status) { Content = content };
    }
}

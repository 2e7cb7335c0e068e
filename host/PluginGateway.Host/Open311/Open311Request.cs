using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>One call: what it asks for, its arguments, and the councils as they were when it came.</summary>
internal sealed record Open311Request(HttpContext Http, Open311Target Target, Parameters Arguments, CouncilSnapshot Councils)
{
    /// <summary>What the client wants to be different, once its key was found.</summary>
    public ClientProfile Profile { get; set; }

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>The key, from the header that is advised or the argument that the standard names.</summary>
    public string? Key() => ClientKeys.Find(Http.Request) ?? Arguments.One("api_key");
}

using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>A call: its target, its arguments, and the councils at the time when it arrived.</summary>
internal sealed record Open311Request(HttpContext Http, Open311Target Target, Parameters Arguments, CouncilSnapshot Councils)
{
    /// <summary>The client's response profile. It is set when the client's key has been found.</summary>
    public ClientProfile Profile { get; set; }

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>Returns the key from the recommended header, or from the argument that the standard defines.</summary>
    public string? Key() => ClientKeys.Find(Http.Request) ?? Arguments.One("api_key");
}

using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>A call: its target, its arguments, and the councils at the time when it arrived.</summary>
internal sealed record Open311Request(HttpContext Http, Open311Target Target, Parameters Arguments, CouncilSnapshot Councils)
{
    /// <summary>The client that the call's key belongs to; null if the call has no valid key.</summary>
    public ApiClient? KeyHolder { get; set; }

    /// <summary>The client's response profile. It is set when the client's key has been found.</summary>
    public ClientProfile Profile { get; set; }

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>Returns the key from the recommended header, from the path, or from the argument that the standard defines.</summary>
    public string? Key() => ClientKeys.Find(Http.Request) ?? Target.Key ?? Arguments.One("api_key");

    /// <summary>Returns the key of a call if it is known before its form has been read.</summary>
    public static string? EarlyKey(HttpContext http, Open311Target target) =>
        ClientKeys.Find(http.Request) ?? target.Key ?? (http.Request.Query["api_key"] is [{ Length: > 0 } key, ..] ? key : null);
}

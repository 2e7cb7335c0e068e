using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Clients;

/// <summary>
/// The limits that keep a single caller from using the gateway up. For all of them, 0 means that there is no limit. Each host counts separately.
/// </summary>
internal sealed class LimitsOptions
{
    public const string Section = "Limits";

    /// <summary>The maximum number of GET calls with one key, per minute.</summary>
    [Range(0, int.MaxValue)]
    public int ReadsPerKey { get; set; } = 600;

    /// <summary>The maximum number of POST calls with one key, per minute.</summary>
    [Range(0, int.MaxValue)]
    public int PostsPerKey { get; set; } = 120;

    /// <summary>
    /// The maximum number of calls from one address without a valid key, per minute. GET calls and POST calls are counted separately, so that a client that
    /// reads without its key can still report.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int CallsPerAddress { get; set; } = 60;

    /// <summary>
    /// The maximum number of calls for services, service definitions and the discovery document from one address without a valid key, per minute. Clients
    /// fetch the definitions of all services of a council one after the other, without a key.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int ServiceCallsPerAddress { get; set; } = 1_200;

    /// <summary>The maximum number of attempts to sign in to the operators' site from one address, per minute.</summary>
    [Range(0, int.MaxValue)]
    public int SignInsPerAddress { get; set; } = 20;

    /// <summary>The maximum number of open connections from one address. Connections from known proxies are not counted.</summary>
    [Range(0, int.MaxValue)]
    public int ConnectionsPerAddress { get; set; } = 64;

    /// <summary>The maximum number of deliveries of a council that wait to be sent. While there are more, its reports and updates are not accepted.</summary>
    [Range(0, int.MaxValue)]
    public int WaitingPerCouncil { get; set; } = 50_000;

    /// <summary>The maximum length of the body of a report or update, in bytes.</summary>
    [Range(1 << 20, 1 << 30)]
    public int BodyBytes { get; set; } = 25 << 20;

    /// <summary>
    /// The maximum number of bodies of more than 64 KB that are received from one address at the same time. Further ones wait for up to ten seconds.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int LargeBodiesPerAddress { get; set; } = 8;

    /// <summary>The maximum number of bodies of more than 64 KB that are received from all addresses at the same time.</summary>
    [Range(0, int.MaxValue)]
    public int LargeBodies { get; set; } = 32;
}

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;

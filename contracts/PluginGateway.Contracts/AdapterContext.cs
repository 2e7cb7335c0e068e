using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace PluginGateway.Contracts;

/// <summary>
/// Everything that the gateway provides to the adapter of one back end. An adapter has no other dependencies: no service container, no
/// configuration, no database and no static state. The adapter translates; the gateway stores the state.
/// </summary>
public sealed record AdapterContext
{
    /// <summary>The council's <c>jurisdiction_id</c>.</summary>
    public required string Council { get; init; }

    /// <summary>The council's display name.</summary>
    public required string CouncilName { get; init; }

    /// <summary>The back end's name in the council file.</summary>
    public required string BackEnd { get; init; }

    /// <summary>The back end's <c>settings</c> from the council file, with <c>${secret:NAME}</c> and <c>${self}</c> replaced by their values.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>
    /// The client for all calls to the back end. Its time-out is infinite, because the cancellation token of each call sets the deadline; only
    /// connecting times out, after 5 seconds. It does not follow redirects and does not store cookies. Do not dispose it.
    /// </summary>
    public required HttpClient Http { get; init; }

    /// <summary>The log. Pass only strings and numbers as arguments: an object of a plug-in's type would keep the plug-in in memory.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The clock. Use it instead of <c>DateTimeOffset.UtcNow</c>, so that tests can control the time.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The council's time zone, for back ends that use local time.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>Durable key-value storage for this back end.</summary>
    public required IAdapterState State { get; init; }

    /// <summary>The content of files that were attached to reports and updates.</summary>
    public required IAttachmentSource Attachments { get; init; }

    /// <summary>
    /// Fires before this version of the plug-in is unloaded, and when the gateway stops. Stop timers, and release everything that keeps the
    /// plug-in in memory.
    /// </summary>
    public CancellationToken Unloading { get; init; }
}

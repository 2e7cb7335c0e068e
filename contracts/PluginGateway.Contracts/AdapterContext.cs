using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace PluginGateway.Contracts;

/// <summary>
/// Everything the gateway gives the adapter of one back end. There is nothing else: no container, no configuration, no database, no
/// static state. An adapter translates; what must be remembered, the gateway remembers for it.
/// </summary>
public sealed record AdapterContext
{
    /// <summary>The council's <c>jurisdiction_id</c>.</summary>
    public required string Council { get; init; }

    /// <summary>The council's name, as people know it.</summary>
    public required string CouncilName { get; init; }

    /// <summary>The back end's name in the council file.</summary>
    public required string BackEnd { get; init; }

    /// <summary>The back end's <c>settings</c> from the council file, with secrets and <c>${self}</c> filled in.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>
    /// The client for every call to the back end. Its own time-out is infinite: the token of each call says how long there is. It follows
    /// no redirects and keeps no cookies. Do not dispose it.
    /// </summary>
    public required HttpClient Http { get; init; }

    /// <summary>The log. Give it texts and numbers, never objects of your own types: they would keep the plug-in in memory.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The clock. <c>DateTime.Now</c> would make the adapter untestable.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The council's time zone, for back ends that speak local time.</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>Durable key and value pairs of this back end.</summary>
    public required IAdapterState State { get; init; }

    /// <summary>
    /// Opens the bytes of an attachment that came with a report or update. The caller disposes the stream, before the call that was given
    /// the report ends.
    /// </summary>
    public required Func<Attachment, CancellationToken, Task<Stream>> OpenAttachmentAsync { get; init; }

    /// <summary>Fires when this generation of the plug-in is about to be unloaded: stop timers, let go of everything.</summary>
    public CancellationToken Unloading { get; init; }
}

using System.Collections.Concurrent;
using System.Collections.Frozen;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// A snapshot of all services of a council, with the responses rendered from it. Immutable except for the responses, which are rendered at first use
/// and then reused, so that clients receive identical bytes.
/// </summary>
internal sealed class PublishedServices
{
    private readonly FrozenDictionary<string, PublishedService> _byCode;
    private readonly ConcurrentDictionary<string, RenderedResponse> _responses = new(StringComparer.Ordinal);

    public PublishedServices(Council council, IReadOnlyList<PublishedService> services, bool stale)
    {
        Council = council;
        Services = services;
        Stale = stale;
        _byCode = services.ToFrozenDictionary(s => s.Code, StringComparer.Ordinal);
    }

    public Council Council { get; }

    /// <summary>The services in the order of their codes.</summary>
    public IReadOnlyList<PublishedService> Services { get; }

    /// <summary>Whether a catalogue could not be read recently, so that its last valid version is used.</summary>
    public bool Stale { get; }

    /// <summary>When a service or its definition last changed; set before the list is published.</summary>
    public DateTimeOffset Changed { get; set; }

    public PublishedService? Find(string code) => _byCode.GetValueOrDefault(code);

    public RenderedResponse GetResponse(string key, Func<PublishedServices, RenderedResponse> render) =>
        _responses.TryGetValue(key, out var response) ? response : _responses.GetOrAdd(key, _ => render(this));
}

/// <summary>A complete response, ready to be sent.</summary>
internal sealed record RenderedResponse(byte[] Body, string ETag, string LastModified);

using System.Collections.Concurrent;
using System.Collections.Frozen;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// All services of a council at one moment, and the answers rendered from them. Immutable but for the answers, which are rendered at their
/// first use: the same list gives the same bytes.
/// </summary>
internal sealed class PublishedServices
{
    private readonly FrozenDictionary<string, PublishedService> _byCode;
    private readonly ConcurrentDictionary<string, RenderedResponse> _answers = new(StringComparer.Ordinal);

    public PublishedServices(Council council, IReadOnlyList<PublishedService> services, bool stale)
    {
        Council = council;
        Services = services;
        Stale = stale;
        _byCode = services.ToFrozenDictionary(s => s.Code, StringComparer.Ordinal);
    }

    public Council Council { get; }

    /// <summary>In the order of their codes.</summary>
    public IReadOnlyList<PublishedService> Services { get; }

    /// <summary>A back end could not be read lately: this is the last good list.</summary>
    public bool Stale { get; }

    /// <summary>When a service or definition changed last; set before the list is published.</summary>
    public DateTimeOffset Changed { get; set; }

    public PublishedService? Find(string code) => _byCode.GetValueOrDefault(code);

    public RenderedResponse Answer(string key, Func<PublishedServices, RenderedResponse> render) =>
        _answers.TryGetValue(key, out var answer) ? answer : _answers.GetOrAdd(key, _ => render(this));
}

/// <summary>A whole answer, ready to be sent.</summary>
internal sealed record RenderedResponse(byte[] Body, string ETag, string LastModified);

using System.Net;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>Sends HTTP calls to the endpoint and classifies failures.</summary>
internal sealed class Open311Client(Open311Settings settings, HttpClient http, TimeProvider time)
{
    private readonly Uri _endpoint = new(settings.Endpoint.EndsWith('/') ? settings.Endpoint : settings.Endpoint + "/");

    public Open311Settings Settings => settings;

    /// <summary>Sends a call that changes nothing, and returns the root element of the response.</summary>
    /// <param name="path">The path of the resource.</param>
    /// <param name="arguments">The arguments in the query; those without a value are omitted.</param>
    /// <param name="item">The name of an item's element; empty if the response is a single object.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    public async Task<XElement> GetAsync(
        string path, IReadOnlyList<(string Name, string? Value)> arguments, string item, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(path, arguments, cancellationToken);
        return Read(answer, item) is { } root && Open311Reader.IsExpected(root, item) ? root : throw answer.Unreadable($"no Open311 response for {path}");
    }

    /// <summary>Reads a single object. If the endpoint answers with something else, this returns the reason instead of throwing.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<(XElement? Root, string? Problem)> TryGetAsync(string path, CancellationToken cancellationToken)
    {
        // An endpoint that cannot be reached is no problem of this object.
        var answer = await ReadAsync(path, [], cancellationToken);
        try
        {
            return Read(answer, item: "") is { } root && Open311Reader.IsExpected(root, item: "")
                ? (root, null)
                : (null, $"{answer.StatusLine}, no definition");
        }
        catch (AdapterException e)
        {
            return (null, e.Detail is { Length: > 0 } detail ? detail : e.Message);
        }
    }

    /// <summary>Sends a call that changes nothing. Returns null if the endpoint does not have the resource yet, or refuses the call.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<XElement?> FindAsync(string path, string item, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(path, [], cancellationToken);
        try
        {
            return answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone
                ? null
                : Read(answer, item) ?? throw answer.Unreadable("no Open311 response");
        }
        catch (AdapterException e) when (e.Kind == FailureKind.Rejected)
        {
            return null;
        }
    }

    /// <summary>Sends a call that creates something. If no clear response arrives after the first byte was sent, the outcome is unknown.</summary>
    /// <param name="path">The path of the resource.</param>
    /// <param name="form">The form to post.</param>
    /// <param name="idempotencyKey">The value of <c>Idempotency-Key</c>; null for no such header.</param>
    /// <param name="item">The name of an item's element.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>A response with status 2xx that reports no error. Its root element is null if it is neither XML nor JSON.</returns>
    public async Task<(HttpResult Answer, XElement? Root)> CreateAsync(
        string path, HttpContent form, string? idempotencyKey, string item, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_endpoint, path)) { Content = form };
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        var answer = await HttpCalls.ChangeAsync(http, request, time, cancellationToken);
        return (answer, Read(answer, item));
    }

    /// <summary>
    /// Returns the root element of a successful response. An error of the endpoint has a GeoReport v2 error body, whatever its status is; an error
    /// status without such a body may come from a proxy.
    /// </summary>
    private static XElement? Read(HttpResult answer, string item)
    {
        var root = Open311Body.Read(answer, item);
        var errors = root is null ? [] : Open311Reader.Errors(root);
        if (answer.IsSuccess && (errors.Count == 0 || Open311Reader.HasItem(root!, item)))
            return root;
        if (errors.Count == 0)
            throw answer.Refusal();

        var words = string.Join(" ", errors.Select(e => e.Words));
        throw answer.Refusal(words, answer.IsSuccess ? Open311Reader.StatusOf(errors) : null);
    }

    private Task<HttpResult> ReadAsync(string path, IReadOnlyList<(string Name, string? Value)> arguments, CancellationToken cancellationToken)
    {
        var query = arguments.Append(("jurisdiction_id", settings.JurisdictionId))
            .Where(a => !string.IsNullOrEmpty(a.Item2))
            .Select(a => $"{a.Item1}={Uri.EscapeDataString(a.Item2!)}");
        var address = new Uri(_endpoint, $"{path}?{string.Join('&', query)}".TrimEnd('?'));
        return HttpCalls.ReadAsync(http, new HttpRequestMessage(HttpMethod.Get, address), time, cancellationToken);
    }
}

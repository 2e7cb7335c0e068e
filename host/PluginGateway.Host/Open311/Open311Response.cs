using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>The response that a handler returns.</summary>
internal abstract record Open311Response
{
    private Open311Response()
    {
    }

    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>A warning about a call that succeeded, sent as <c>X-Warning</c>.</summary>
    public string? Warning { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The client's response profile.</summary>
    public ClientProfile Profile { get; init; }

    /// <summary>The URL of the next page.</summary>
    public string? Next { get; init; }

    /// <summary>A response that is written directly to the output.</summary>
    public sealed record Written(Action<ResponseWriter> Write) : Open311Response;

    /// <summary>A long list that is written item by item, and sent in parts while it is written.</summary>
    public sealed record Listed<T>(string Root, string Item, IReadOnlyList<T> Items, Action<ResponseWriter, T> Write) : Open311Response, IListed
    {
        public void Start(ResponseWriter writer) => writer.StartList(Root, Item);

        public void WriteOne(ResponseWriter writer, int index)
        {
            writer.StartItem();
            Write(writer, Items[index]);
            writer.EndItem();
        }

        public int Count => Items.Count;
    }

    /// <summary>A list of any length that is read page by page while it is sent. The first page has been read, so that an error can still be sent.</summary>
    public sealed record Paged<T>(
        string Root, string Item, IReadOnlyList<T> First, IAsyncEnumerator<IReadOnlyList<T>> Others, Action<ResponseWriter, T> Write) : Open311Response, IPaged
    {
        public async Task SendAsync(ResponseWriter writer, Func<Task> flush)
        {
            await using var others = Others;
            writer.StartList(Root, Item);
            var page = First;
            do
            {
                foreach (var item in page)
                {
                    writer.StartItem();
                    Write(writer, item);
                    writer.EndItem();
                    await flush();
                }

                page = await others.MoveNextAsync() ? others.Current : null;
            }
            while (page is not null);
            writer.EndList();
        }
    }

    /// <summary>A response that has been rendered before and is used until the services change.</summary>
    public sealed record Ready(RenderedResponse Rendered, bool Stale) : Open311Response;

    /// <summary>A response without a body.</summary>
    public sealed record Empty : Open311Response;

    public sealed record File(byte[] Body, string ContentType) : Open311Response;

    public sealed record Html(byte[] Body) : Open311Response;

    public sealed record Failed(IReadOnlyList<Open311Error> Errors) : Open311Response;

    /// <param name="status">The HTTP status.</param>
    /// <param name="description">The description in plain words.</param>
    /// <param name="code">One of <see cref="ErrorCodes"/>; 0 for the code that follows from the status.</param>
    public static Open311Response Error(int status, string description, int code = 0) =>
        new Failed([new Open311Error(code == 0 ? ErrorCodes.Of(status) : code, description)]) { Status = status };

    /// <summary>Returns the response for calls while the database is unavailable. The client must repeat the call.</summary>
    public static Open311Response Unavailable(TimeSpan retryAfter) =>
        Error(StatusCodes.Status503ServiceUnavailable, "The gateway is temporarily unavailable. Repeat the request later.") with
        {
            RetryAfter =
            retryAfter
        };

    /// <summary>Returns the response to a caller that has reached a limit.</summary>
    public static Open311Response TooMany(string description, TimeSpan retryAfter) =>
        Error(StatusCodes.Status429TooManyRequests, description) with { RetryAfter = retryAfter };

    /// <summary>Returns the response to a report or update of a council for which too many are waiting to be sent.</summary>
    public static Open311Response QueueFull() =>
        Error(StatusCodes.Status503ServiceUnavailable, "Too many reports are waiting to be sent to the council. Repeat the request later.") with
        {
            RetryAfter = TimeSpan.FromMinutes(1),
        };

    public static Open311Response BadRequest(IReadOnlyList<Open311Error> errors) => new Failed(errors) { Status = StatusCodes.Status400BadRequest };

    public static Open311Response Missing(string argument) =>
        Error(StatusCodes.Status400BadRequest, $"{argument} was not provided.", ErrorCodes.ArgumentMissing);

    public static Open311Response NotFound(string what, string id) => Error(StatusCodes.Status404NotFound, $"{what} {id} was not found.", what switch
    {
        "jurisdiction_id" => ErrorCodes.NoSuchJurisdiction,
        "service_code" => ErrorCodes.NoSuchService,
        "service_request_id" => ErrorCodes.NoSuchRequest,
        "token" => ErrorCodes.NoSuchToken,
        _ => 0,
    });
}

internal interface IPaged
{
    /// <summary>Writes all pages.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="flush">Called after each item; sends what has been written if it is enough.</param>
    Task SendAsync(ResponseWriter writer, Func<Task> flush);
}

internal interface IListed
{
    int Count { get; }

    void Start(ResponseWriter writer);

    void WriteOne(ResponseWriter writer, int index);
}

/// <summary>
/// One error of an Open311 error body, with its specific code (see <see cref="ErrorCodes"/>). Citizens read the description, so it is in plain words
/// and contains no personal data.
/// </summary>
internal sealed record Open311Error(int Code, string Description);

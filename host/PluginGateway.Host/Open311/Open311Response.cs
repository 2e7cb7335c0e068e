using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>What a handler decided to answer.</summary>
internal abstract record Open311Response
{
    private Open311Response()
    {
    }

    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Something the caller should know though it was served: <c>X-Warning</c>.</summary>
    public string? Warning { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How the client wants it written.</summary>
    public ClientProfile Profile { get; init; }

    /// <summary>The address of the next page.</summary>
    public string? Next { get; init; }

    /// <summary>Written straight to the response.</summary>
    public sealed record Written(Action<ResponseWriter> Write) : Open311Response;

    /// <summary>A long list, written item by item; what is written goes out as it comes.</summary>
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

    /// <summary>Rendered before, for as long as its services do not change.</summary>
    public sealed record Ready(RenderedResponse Rendered, bool Stale) : Open311Response;

    public sealed record Html(byte[] Body) : Open311Response;

    public sealed record Failed(IReadOnlyList<Open311Error> Errors) : Open311Response;

    /// <param name="status">The HTTP status.</param>
    /// <param name="description">In plain words.</param>
    /// <param name="code">One of <see cref="ErrorCodes"/>; 0 for the status's own.</param>
    public static Open311Response Error(int status, string description, int code = 0) =>
        new Failed([new Open311Error(code == 0 ? ErrorCodes.Of(status) : code, description)]) { Status = status };

    /// <summary>The database is away: whatever was sent is to be sent again.</summary>
    public static Open311Response Unavailable(TimeSpan retryAfter) =>
        Error(StatusCodes.Status503ServiceUnavailable, "The gateway cannot store or look up anything at the moment. Send it again later.") with
        {
            RetryAfter =
            retryAfter
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

internal interface IListed
{
    int Count { get; }

    void Start(ResponseWriter writer);

    void WriteOne(ResponseWriter writer, int index);
}

/// <summary>
/// One error of an Open311 error body, with its exact code (see <see cref="ErrorCodes"/>). The description is read by citizens: plain words, nobody's
/// data.
/// </summary>
internal sealed record Open311Error(int Code, string Description);

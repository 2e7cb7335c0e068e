using PluginGateway.Host.Councils;

namespace PluginGateway.Host.Open311;

/// <summary>What a handler decided to answer.</summary>
internal abstract record Answer
{
    private Answer()
    {
    }

    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Something the caller should know though it was served: <c>X-Warning</c>.</summary>
    public string? Warning { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The address of the next page.</summary>
    public string? Next { get; init; }

    /// <summary>Written straight to the response.</summary>
    public sealed record Written(Action<AnswerWriter> Write) : Answer;

    /// <summary>A long list, written item by item; what is written goes out as it comes.</summary>
    public sealed record Listed<T>(string Root, string Item, IReadOnlyList<T> Items, Action<AnswerWriter, T> Write) : Answer, IListed
    {
        public void Start(AnswerWriter writer) => writer.StartList(Root, Item);

        public void WriteOne(AnswerWriter writer, int index)
        {
            writer.StartItem();
            Write(writer, Items[index]);
            writer.EndItem();
        }

        public int Count => Items.Count;
    }

    /// <summary>Rendered before, for as long as its services do not change.</summary>
    public sealed record Ready(RenderedAnswer Rendered, bool Stale) : Answer;

    public sealed record Html(byte[] Body) : Answer;

    public sealed record Failed(IReadOnlyList<Open311Error> Errors) : Answer;

    public static Answer Error(int status, string description) => new Failed([new Open311Error(status, description)]) { Status = status };

    public static Answer BadRequest(IReadOnlyList<string> descriptions) =>
        new Failed([.. descriptions.Select(d => new Open311Error(StatusCodes.Status400BadRequest, d))]) { Status = StatusCodes.Status400BadRequest };

    public static Answer NotFound(string what, string id) => Error(StatusCodes.Status404NotFound, $"{what} {id} was not found.");
}

internal interface IListed
{
    int Count { get; }

    void Start(AnswerWriter writer);

    void WriteOne(AnswerWriter writer, int index);
}

/// <summary>One error of an Open311 error body. The description is read by citizens: plain words, nobody's data.</summary>
internal sealed record Open311Error(int Code, string Description);

namespace PluginGateway.Contracts;

/// <summary>
/// Content that was received from a council and is stored before it is read: a fetched or dropped file, or an upload. An
/// <see cref="IDocumentReader"/> reads it, and may be asked to read it again later.
/// </summary>
public sealed record Document
{
    /// <summary>The file name, or the name that was passed to <see cref="IDocumentSink.SaveAsync"/>.</summary>
    public required string Name { get; init; }

    /// <summary>The length in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>When the gateway received it.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>
    /// Opens the content from its start. It can be called more than once, and the caller disposes the stream. The stream can only be read
    /// asynchronously, and it cannot seek.
    /// </summary>
    public required Func<CancellationToken, Task<Stream>> OpenAsync { get; init; }
}

/// <summary>
/// One item read from a document. Set exactly one of <see cref="Update"/>, <see cref="Request"/> and <see cref="Problem"/>, or an update with a problem
/// that does not prevent its use.
/// </summary>
public sealed record DocumentEntry
{
    /// <summary>The row, line or element that the item came from, starting at 1.</summary>
    public required int Row { get; init; }

    /// <summary>An update of a case.</summary>
    public CouncilUpdate? Update { get; init; }

    /// <summary>A report that was created at the council. The gateway does not support these reports, and records them as a problem of the row.</summary>
    public CouncilRequest? Request { get; init; }

    /// <summary>
    /// Why the row cannot be used, for operators; with an <see cref="Update"/>, what is wrong with it although it can be used. It must not contain personal
    /// data.
    /// </summary>
    public string? Problem { get; init; }
}

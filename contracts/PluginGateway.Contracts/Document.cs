namespace PluginGateway.Contracts;

/// <summary>
/// Content that came from a back end and is stored before it is read: a CSV export, a pushed body or an uploaded file. An
/// <see cref="IDocumentReader"/> reads it, and can read it again later.
/// </summary>
public sealed record Document
{
    /// <summary>The file name, or the name that was passed to <see cref="IDocumentSink.SaveAsync"/>.</summary>
    public required string Name { get; init; }

    /// <summary>The length in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>When the gateway received it.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Opens the content from its start. It can be called more than once; the caller disposes the stream.</summary>
    public required Func<CancellationToken, Task<Stream>> OpenAsync { get; init; }
}

/// <summary>One item read from a document. Exactly one of the three properties after <see cref="Row"/> is set.</summary>
public sealed record DocumentEntry
{
    /// <summary>The row, line or element that the item came from, starting at 1.</summary>
    public required int Row { get; init; }

    /// <summary>An update of a case.</summary>
    public CouncilUpdate? Update { get; init; }

    /// <summary>A report that was created at the council.</summary>
    public CouncilRequest? Request { get; init; }

    /// <summary>Why the row cannot be used, in words for an operator.</summary>
    public string? Problem { get; init; }
}

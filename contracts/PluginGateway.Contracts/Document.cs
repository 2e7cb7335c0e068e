namespace PluginGateway.Contracts;

/// <summary>Bytes that came from a back end, stored before they are read: a CSV export, a pushed body, an upload.</summary>
public sealed record Document
{
    /// <summary>Its name: a file name, or what <see cref="Collection.KeepAsync"/> was given.</summary>
    public required string Name { get; init; }

    /// <summary>Length in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>When it was received.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>Opens the bytes; can be called more than once. The caller disposes the stream.</summary>
    public required Func<CancellationToken, Task<Stream>> OpenAsync { get; init; }
}

/// <summary>One thing read from a document; exactly one of the three is set.</summary>
public sealed record DocumentEntry
{
    /// <summary>The row, line or element it came from; the first is 1.</summary>
    public required int Row { get; init; }

    /// <summary>An update.</summary>
    public CouncilUpdate? Update { get; init; }

    /// <summary>A report that was born at the council.</summary>
    public CouncilRequest? Request { get; init; }

    /// <summary>Why the row cannot be used, in words for an operator.</summary>
    public string? Problem { get; init; }
}

namespace PluginGateway.Contracts.Testing;

/// <summary>Stores the documents that an adapter saves while it collects updates, in memory. Their time of receipt is the Unix epoch.</summary>
public sealed class TestDocuments : IDocumentSink
{
    private readonly List<Document> _saved = [];

    /// <summary>The documents, in the order in which they were saved.</summary>
    public IReadOnlyList<Document> Saved => _saved;

    /// <summary>Creates a document that an <see cref="IDocumentReader"/> can read.</summary>
    /// <param name="name">The document's name.</param>
    /// <param name="content">The content.</param>
    /// <param name="receivedAt">When the gateway received it.</param>
    /// <returns>The document.</returns>
    public static Document Create(string name, byte[] content, DateTimeOffset receivedAt)
    {
        ArgumentNullException.ThrowIfNull(content);
        return new Document
        {
            Name = name,
            Length = content.Length,
            ReceivedAt = receivedAt,
            OpenAsync = _ => Task.FromResult<Stream>(new MemoryStream(content, writable: false)),
        };
    }

    /// <inheritdoc/>
    public async Task SaveAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        _saved.Add(Create(name, copy.ToArray(), DateTimeOffset.UnixEpoch));
    }
}

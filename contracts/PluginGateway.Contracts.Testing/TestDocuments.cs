namespace PluginGateway.Contracts.Testing;

/// <summary>Keeps the documents that an adapter saves while it collects updates, in memory and in their order.</summary>
public sealed class TestDocuments : IDocumentSink
{
    private readonly List<Document> _saved = [];

    /// <summary>The documents that were saved.</summary>
    public IReadOnlyList<Document> Saved => _saved;

    /// <summary>Makes a document, for an <see cref="IDocumentReader"/> to read.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its content.</param>
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

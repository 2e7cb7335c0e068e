namespace PluginGateway.Contracts;

/// <summary>
/// Stores content that a back end may not return again. The gateway implements it; adapters call it while they collect updates.
/// </summary>
public interface IDocumentSink
{
    /// <summary>
    /// Stores a document durably. The gateway later passes it to the adapter's <see cref="IDocumentReader"/>. Content that is already stored
    /// for this back end is not stored twice.
    /// </summary>
    /// <param name="name">A file name; folders and control characters are removed, and only the last 200 characters are kept.</param>
    /// <param name="content">
    /// The content, which is read to its end and not disposed; at most 64 MB, unless the setting <c>Updates:MaxDocumentBytes</c> states another
    /// limit.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the document is durable.</returns>
    /// <exception cref="IOException">The content is too long or cannot be read. Nothing is stored.</exception>
    Task SaveAsync(string name, Stream content, CancellationToken cancellationToken);
}

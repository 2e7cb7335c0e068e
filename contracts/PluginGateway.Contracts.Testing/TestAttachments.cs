namespace PluginGateway.Contracts.Testing;

/// <summary>Stores attachments in memory. An attachment that was not added has three bytes of content.</summary>
public sealed class TestAttachments : IAttachmentSource
{
    private readonly Dictionary<long, byte[]> _contents = [];

    /// <summary>Adds an attachment.</summary>
    /// <param name="fileName">The file name.</param>
    /// <param name="contentType">The media type.</param>
    /// <param name="content">The content.</param>
    /// <returns>The attachment, for use in a report or an update.</returns>
    public Attachment Add(string fileName, string contentType, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var attachment = new Attachment { Id = _contents.Count + 1, FileName = fileName, ContentType = contentType, Length = content.Length };
        _contents[attachment.Id] = content;
        return attachment;
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(Attachment attachment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attachment);
        return Task.FromResult<Stream>(new MemoryStream(_contents.GetValueOrDefault(attachment.Id, [1, 2, 3]), writable: false));
    }
}

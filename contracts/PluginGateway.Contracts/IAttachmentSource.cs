namespace PluginGateway.Contracts;

/// <summary>The content of the files that clients attach to reports and updates. The gateway implements it; adapters call it.</summary>
public interface IAttachmentSource
{
    /// <summary>Opens the content of an attachment.</summary>
    /// <param name="attachment">An attachment of the report or update that was passed to the current call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// A seekable stream of <see cref="Attachment.Length"/> bytes, of which only a part is in memory. The caller disposes it before the call that received
    /// the report or update ends.
    /// </returns>
    /// <exception cref="IOException">The content no longer exists: its retention period has ended.</exception>
    Task<Stream> OpenAsync(Attachment attachment, CancellationToken cancellationToken);
}

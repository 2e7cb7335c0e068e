using MimeKit;

namespace PluginGateway.Core.Email;

/// <summary>Where mail goes.</summary>
internal interface IMailTransport
{
    /// <summary>Sends a mail.</summary>
    /// <param name="message">The mail.</param>
    /// <param name="recipients">Who is to get it now; its headers may name others who have it already.</param>
    /// <param name="deliveryKey">The same at every try.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>What became of it for each recipient.</returns>
    /// <exception cref="Contracts.AdapterException">It was sent to nobody, or it is not known; the kind says which.</exception>
    Task<MailReceipt> SendAsync(MimeMessage message, IReadOnlyList<MailboxAddress> recipients, string deliveryKey, CancellationToken ct);
}

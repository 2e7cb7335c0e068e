using MimeKit;

namespace PluginGateway.Core.Email;

/// <summary>Sends e-mails.</summary>
internal interface IMailTransport
{
    /// <summary>Sends an e-mail.</summary>
    /// <param name="message">The e-mail.</param>
    /// <param name="recipients">The recipients of this attempt; the headers can list others who have received it already.</param>
    /// <param name="deliveryKey">The key of the delivery, which is the same in every attempt.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>The result for each recipient.</returns>
    /// <exception cref="Contracts.AdapterException">The e-mail was sent to no recipient, or the outcome is unknown, depending on the kind.</exception>
    Task<MailReceipt> SendAsync(MimeMessage message, IReadOnlyList<MailboxAddress> recipients, string deliveryKey, CancellationToken ct);
}

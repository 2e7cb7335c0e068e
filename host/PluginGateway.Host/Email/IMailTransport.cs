using System.Net.Mail;

namespace PluginGateway.Host.Email;

/// <summary>Where mail goes.</summary>
internal interface IMailTransport
{
    /// <summary>Sends a mail.</summary>
    /// <param name="message">The mail.</param>
    /// <param name="deliveryKey">The same at every try.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>What happened, for operators.</returns>
    /// <exception cref="Contracts.AdapterException">It was not sent, or it is not known; the kind says which.</exception>
    Task<string> SendAsync(MailMessage message, string deliveryKey, CancellationToken ct);
}

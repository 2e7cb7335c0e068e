using System.Net;
using System.Net.Mail;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Email;

/// <summary>Hands mails to an SMTP server.</summary>
internal sealed class SmtpTransport(IOptions<EmailOptions> options) : IMailTransport
{
    public async Task<string> SendAsync(MailMessage message, string deliveryKey, CancellationToken ct)
    {
        var smtp = options.Value.Smtp!;
        using var client = new SmtpClient(smtp.Host, smtp.Port) { EnableSsl = smtp.StartTls };
        if (smtp.User is { Length: > 0 })
            client.Credentials = new NetworkCredential(smtp.User, smtp.Password);

        try
        {
            await client.SendMailAsync(message, ct);
            return $"taken by {smtp.Host}";
        }
        catch (SmtpFailedRecipientException e) when (Refused(e) < message.To.Count)
        {
            // It went to the others: sending it again would reach those twice.
            return $"taken by {smtp.Host}, but not for {Refused(e)} of {message.To.Count} addresses";
        }
        catch (SmtpException e)
        {
            throw Translate(e);
        }
    }

    /// <summary>One refused address has an exception of its own, several have one that holds theirs.</summary>
    private static int Refused(SmtpFailedRecipientException e) => e is SmtpFailedRecipientsException several ? several.InnerExceptions.Length : 1;

    /// <summary>RFC 5321: 4yz may be tried again, 5yz not; before an answer nothing is known.</summary>
    private static AdapterException Translate(SmtpException e)
    {
        // Of several refusals the mildest counts: what may be taken later is tried again.
        var status = e is SmtpFailedRecipientsException several ? several.InnerExceptions.Min(i => (int)i.StatusCode) : (int)e.StatusCode;
        var detail = $"{status} {e.Message} {e.InnerException?.Message}";
        return status switch
        {
            530 or 534 or 535 or 538 => AdapterException.Misconfigured("The mail server does not let the gateway in.", detail),
            >= 500 => AdapterException.Rejected("The mail server refused the mail.", detail),
            >= 400 => AdapterException.Transient("The mail server cannot take the mail at the moment.", detail),
            _ when e.InnerException is System.Net.Sockets.SocketException or WebException =>
                AdapterException.Transient("The mail server cannot be reached.", detail),
            _ when e.InnerException is AuthenticationException =>
                AdapterException.Misconfigured("The mail server's certificate is not trusted.", detail),
            // The framework's own refusal: no STARTTLS at the server, a login that it does not know.
            _ when e.InnerException is null => AdapterException.Misconfigured("The mail server does not speak as the settings say.", detail),
            _ => AdapterException.OutcomeUnknown("The mail server did not say whether it took the mail.", detail),
        };
    }
}

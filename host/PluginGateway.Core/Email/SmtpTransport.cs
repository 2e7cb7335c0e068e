using System.Net.NetworkInformation;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>Sends e-mails to an SMTP server, each over a separate connection.</summary>
internal sealed class SmtpTransport(IOptions<EmailOptions> options) : IMailTransport
{
    private const string SignInRejected = "The mail server rejected the gateway's sign-in; check Email:Smtp:User and Email:Smtp:Password.";

    /// <summary>Limits the wait for the server: a server that expects implicit TLS never responds to a client that does not use it, and vice versa.</summary>
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(15);

    public async Task<MailReceipt> SendAsync(MimeMessage message, IReadOnlyList<MailboxAddress> recipients, string deliveryKey, CancellationToken ct)
    {
        var smtp = options.Value.Smtp!;
        using var client = new RecordingSmtpClient(new LastReply());
        // An unavailable certificate authority must not delay the reports of a council.
        client.CheckCertificateRevocation = false;
        client.LocalDomain = smtp.HeloName is { Length: > 0 } name ? name : HostName() ?? message.From.Mailboxes.First().Domain;

        await ConnectAsync(client, smtp, ct);
        try
        {
            await client.SendAsync(message, message.From.Mailboxes.First(), recipients, ct, client.Progress);
        }
        catch (Exception e) when (
            e is SmtpCommandException or SmtpProtocolException or ServiceNotAuthenticatedException or ServiceNotConnectedException or IOException
            || (e is OperationCanceledException && client.Reply.Status >= 400))
        {
            // All recipients were refused, each with a separate reason. If the sender was refused, servers also refuse every recipient.
            var isOfSender = e is SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted };
            if (!isOfSender && !client.IsContentSent && recipients.All(r => client.Refused.ContainsKey(r.Address)))
                return RefusedByAll(client, smtp, recipients);
            throw Translate(e, client, smtp, recipients);
        }

        await DisconnectAsync(client);
        return Receipt(client, smtp, recipients);
    }

    private static async Task ConnectAsync(RecordingSmtpClient client, SmtpOptions smtp, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(ConnectWithin);
        try
        {
            await client.ConnectAsync(smtp.Host, smtp.Port, Security(smtp), deadline.Token);
            if (smtp.User is { Length: > 0 } user)
                await client.AuthenticateAsync(user, smtp.Password ?? "", deadline.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            var hint = smtp.IsImplicitTls ? "" : "; if the server expects TLS from the first byte, set Email:Smtp:ImplicitTls";
            throw AdapterException.Transient(
                "The mail server does not respond.", $"{smtp.Host}:{smtp.Port} did not respond within {ConnectWithin.TotalSeconds:0} s{hint}");
        }
        catch (SslHandshakeException e) when (!ct.IsCancellationRequested)
        {
            throw OfHandshake(e, smtp);
        }
        catch (AuthenticationException e) when (e.InnerException is SmtpCommandException { StatusCode: < (SmtpStatusCode)500 })
        {
            throw AdapterException.Transient("The mail server temporarily cannot check the gateway's password.", e.Message);
        }
        catch (AuthenticationException e)
        {
            throw AdapterException.Misconfigured(SignInRejected, e.Message);
        }
        catch (NotSupportedException e)
        {
            // The server does not support STARTTLS, or no sign-in method that the gateway supports.
            throw AdapterException.Misconfigured("The mail server does not support the encryption or sign-in that the settings require.", Innermost(e));
        }
        catch (Exception e) when (e is SmtpCommandException or SmtpProtocolException or SocketException or IOException)
        {
            throw e is SmtpCommandException { StatusCode: >= (SmtpStatusCode)500 } && IsAboutName(e.Message)
                ? WrongName(e.Message, client)
                : AdapterException.Transient("The mail server cannot be reached.", $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>
    /// Translates a failed handshake. An untrusted certificate or unsupported protocol will fail again; a connection that broke or hung during the
    /// handshake may succeed in the next attempt.
    /// </summary>
    private static AdapterException OfHandshake(SslHandshakeException e, SmtpOptions smtp) => e switch
    {
        _ when e.ServerCertificate is not null || IsAboutCertificate(e.InnerException) =>
            AdapterException.Misconfigured("The mail server's certificate is not trusted.", Innermost(e)),
        { InnerException: IOException or SocketException or OperationCanceledException } =>
            AdapterException.Transient("The mail server closed the connection while encryption was being set up.", $"{smtp.Host}:{smtp.Port}: {Innermost(e)}"),
        _ => AdapterException.Misconfigured("The mail server does not support the encryption or sign-in that the settings require.", Innermost(e)),
    };

    private static bool IsAboutCertificate(Exception? e) =>
        e is System.Security.Authentication.AuthenticationException && e.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the full name of this machine; null if it has only a short name, which many servers refuse.</summary>
    private static string? HostName()
    {
        var machine = IPGlobalProperties.GetIPGlobalProperties();
        if (machine.HostName.Contains('.', StringComparison.Ordinal))
            return machine.HostName;
        return machine.DomainName.Length > 0 ? $"{machine.HostName}.{machine.DomainName}" : null;
    }

    private static SecureSocketOptions Security(SmtpOptions smtp) =>
        smtp.IsImplicitTls ? SecureSocketOptions.SslOnConnect : smtp.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None;

    /// <summary>
    /// Translates a failure. According to RFC 5321, 4yz replies can be retried and 5yz replies cannot. Once part of the content has been sent, the outcome
    /// without a reply is unknown.
    /// </summary>
    private static AdapterException Translate(Exception e, RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients)
    {
        // The library reports a broken connection even if the server refused the e-mail first.
        var status = e is SmtpCommandException command ? (int)command.StatusCode : client.Reply.Status is >= 400 and < 600 ? client.Reply.Status : 0;
        var reply = CleanReply(e is SmtpCommandException ? e.Message : client.Reply.Text, recipients);
        var detail = status > 0 ? $"{status} {reply}" : $"{smtp.Host}: {e.GetType().Name}: {e.Message}";
        return status switch
        {
            >= 500 when IsAboutName(reply) => WrongName(detail, client),
            530 or 535 => AdapterException.Misconfigured(SignInRejected, detail),
            >= 500 when e is SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted } =>
                AdapterException.Misconfigured("The mail server refused the sender's address (Email:From).", detail),
            >= 500 => AdapterException.Rejected("The mail server refused the e-mail.", detail),
            >= 400 => AdapterException.Transient("The mail server temporarily refused the e-mail.", detail),
            _ when e is ServiceNotAuthenticatedException => AdapterException.Misconfigured(SignInRejected, detail),
            _ when !client.IsContentSent => AdapterException.Transient("The mail server closed the connection before the e-mail was sent.", detail),
            _ => AdapterException.OutcomeUnknown("The mail server did not confirm whether it accepted the e-mail.", detail),
        };
    }

    /// <summary>Returns the results of an e-mail for which all recipients were refused.</summary>
    private static MailReceipt RefusedByAll(RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients) =>
        client.Refused.Values.FirstOrDefault(r => (int)r.StatusCode >= 500 && IsAboutName(CleanReply(r.Response, recipients))) is { } response
            ? throw WrongName($"{(int)response.StatusCode} {CleanReply(response.Response, recipients)}", client)
            : Receipt(client, smtp, recipients);

    /// <summary>Returns the results in the order of the recipients. Recipients that were not refused count as accepted.</summary>
    private static MailReceipt Receipt(RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients)
    {
        return new MailReceipt($"accepted by {smtp.Host}", [.. recipients.Select(Result)]);

        RecipientResult Result(MailboxAddress recipient)
        {
            if (!client.Refused.TryGetValue(recipient.Address, out var refusal))
                return new RecipientResult(RecipientOutcome.Accepted, "");

            var status = (int)refusal.StatusCode;
            return new RecipientResult(
                status >= 500 ? RecipientOutcome.Refused : RecipientOutcome.Deferred, $"{status} {CleanReply(refusal.Response, recipients)}");
        }
    }

    /// <summary>Closes the connection. Errors are ignored, because the server has already accepted the e-mail.</summary>
    private static async Task DisconnectAsync(RecordingSmtpClient client)
    {
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await client.DisconnectAsync(quit: true, deadline.Token);
        }
        catch (Exception e) when (e is IOException or SmtpProtocolException or SmtpCommandException or OperationCanceledException or SocketException)
        {
            // The server closed the connection first.
        }
    }

    /// <summary>Whether a reply refuses the client's EHLO name. Some servers report this only for a recipient, although it affects every e-mail.</summary>
    private static bool IsAboutName(string reply) => reply.Split([' ', ':', ';', ',', '.', '<', '>', '(', ')', '/'], StringSplitOptions.RemoveEmptyEntries)
        .Any(word => word.Equals("HELO", StringComparison.OrdinalIgnoreCase) || word.Equals("EHLO", StringComparison.OrdinalIgnoreCase));

    private static AdapterException WrongName(string detail, RecordingSmtpClient client) => AdapterException.Misconfigured(
        "The mail server rejected the gateway's host name (EHLO); set Email:Smtp:HeloName to its full host name.",
        $"{detail} (the gateway sent \"{client.LocalDomain}\")");

    /// <summary>Returns the server's reply on one line, with recipient addresses replaced by "the address".</summary>
    private static string CleanReply(string response, IReadOnlyList<MailboxAddress> recipients)
    {
        for (var i = 0; i < recipients.Count; i++)
            response = response.Replace(recipients[i].Address, "the address", StringComparison.OrdinalIgnoreCase);
        return HeaderText.Clean(response, 300);
    }

    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : HeaderText.Clean(e.Message, 300);
}

using System.Net.NetworkInformation;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>Hands mails to an SMTP server, each over its own connection.</summary>
internal sealed class SmtpTransport(IOptions<EmailOptions> options) : IMailTransport
{
    /// <summary>A server that expects TLS at once says nothing to a client that does not, and the other way round.</summary>
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(15);

    public async Task<MailReceipt> SendAsync(MimeMessage message, IReadOnlyList<MailboxAddress> recipients, string deliveryKey, CancellationToken ct)
    {
        var smtp = options.Value.Smtp!;
        using var client = new RecordingSmtpClient(new LastReply());
        // What a public certificate authority does not answer must not keep a council's reports back.
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
            // Nobody was accepted: each result gives its own reason. A refused sender makes servers refuse every recipient too.
            var isOfSender = e is SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted };
            if (!isOfSender && !client.HasContentLeft && recipients.All(r => client.Refused.ContainsKey(r.Address)))
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
            var hint = smtp.IsImplicitTls ? "" : "; if it expects TLS at once, set Email:Smtp:ImplicitTls";
            throw AdapterException.Transient(
                "The mail server does not answer.", $"{smtp.Host}:{smtp.Port} did not respond within {ConnectWithin.TotalSeconds:0} s{hint}");
        }
        catch (SslHandshakeException e) when (!ct.IsCancellationRequested)
        {
            throw OfHandshake(e, smtp);
        }
        catch (AuthenticationException e) when (e.InnerException is SmtpCommandException { StatusCode: < (SmtpStatusCode)500 })
        {
            throw AdapterException.Transient("The mail server cannot check the gateway's password at the moment.", e.Message);
        }
        catch (AuthenticationException e)
        {
            throw AdapterException.Misconfigured("The mail server does not let the gateway in.", e.Message);
        }
        catch (NotSupportedException e)
        {
            // No STARTTLS at the server, or no login that it and the gateway both know.
            throw AdapterException.Misconfigured("The mail server does not support the encryption or login that the settings require.", Innermost(e));
        }
        catch (Exception e) when (e is SmtpCommandException or SmtpProtocolException or SocketException or IOException)
        {
            throw e is SmtpCommandException { StatusCode: >= (SmtpStatusCode)500 } && IsAboutName(e.Message)
                ? WrongName(e.Message, client)
                : AdapterException.Transient("The mail server cannot be reached.", $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>
    /// A certificate or a protocol that is not accepted now will not be accepted tomorrow; a connection that broke or hung during the handshake may be better
    /// the next time.
    /// </summary>
    private static AdapterException OfHandshake(SslHandshakeException e, SmtpOptions smtp) => e switch
    {
        _ when e.ServerCertificate is not null || IsAboutCertificate(e.InnerException) =>
            AdapterException.Misconfigured("The mail server's certificate is not trusted.", Innermost(e)),
        { InnerException: IOException or SocketException or OperationCanceledException } =>
            AdapterException.Transient("The mail server ended the conversation while encryption was being set up.", $"{smtp.Host}:{smtp.Port}: {Innermost(e)}"),
        _ => AdapterException.Misconfigured("The mail server does not support the encryption or login that the settings require.", Innermost(e)),
    };

    private static bool IsAboutCertificate(Exception? e) =>
        e is System.Security.Authentication.AuthenticationException && e.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase);

    /// <summary>The full name of this machine; null when it has a short one only, which many servers refuse.</summary>
    private static string? HostName()
    {
        var machine = IPGlobalProperties.GetIPGlobalProperties();
        if (machine.HostName.Contains('.', StringComparison.Ordinal))
            return machine.HostName;
        return machine.DomainName.Length > 0 ? $"{machine.HostName}.{machine.DomainName}" : null;
    }

    private static SecureSocketOptions Security(SmtpOptions smtp) =>
        smtp.IsImplicitTls ? SecureSocketOptions.SslOnConnect : smtp.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None;

    /// <summary>RFC 5321: 4yz may be tried again, 5yz not; once the content has begun to leave, nothing is known without an answer.</summary>
    private static AdapterException Translate(Exception e, RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients)
    {
        // The library reports a broken connection even when a refusal came before it.
        var status = e is SmtpCommandException command ? (int)command.StatusCode : client.Reply.Status is >= 400 and < 600 ? client.Reply.Status : 0;
        var words = Words(e is SmtpCommandException ? e.Message : client.Reply.Text, recipients);
        var detail = status > 0 ? $"{status} {words}" : $"{smtp.Host}: {e.GetType().Name}: {e.Message}";
        return status switch
        {
            >= 500 when IsAboutName(words) => WrongName(detail, client),
            530 or 535 => AdapterException.Misconfigured("The mail server does not let the gateway in.", detail),
            >= 500 when e is SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted } =>
                AdapterException.Misconfigured("The mail server refused the sender's address (Email:From).", detail),
            >= 500 => AdapterException.Rejected("The mail server refused the mail.", detail),
            >= 400 => AdapterException.Transient("The mail server cannot take the mail at the moment.", detail),
            _ when e is ServiceNotAuthenticatedException => AdapterException.Misconfigured("The mail server does not let the gateway in.", detail),
            _ when !client.HasContentLeft => AdapterException.Transient("The mail server ended the conversation before it was given the mail.", detail),
            _ => AdapterException.OutcomeUnknown("The mail server did not say whether it took the mail.", detail),
        };
    }

    /// <summary>The results of a mail that nobody was accepted for.</summary>
    private static MailReceipt RefusedByAll(RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients) =>
        client.Refused.Values.FirstOrDefault(r => (int)r.StatusCode >= 500 && IsAboutName(Words(r.Response, recipients))) is { } response
            ? throw WrongName($"{(int)response.StatusCode} {Words(response.Response, recipients)}", client)
            : Receipt(client, smtp, recipients);

    /// <summary>The results in the order of the recipients. Whoever was not refused has it.</summary>
    private static MailReceipt Receipt(RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients)
    {
        return new MailReceipt($"taken by {smtp.Host}", [.. recipients.Select(Result)]);

        RecipientResult Result(MailboxAddress recipient)
        {
            if (!client.Refused.TryGetValue(recipient.Address, out var refusal))
                return new RecipientResult(RecipientOutcome.Accepted, "");

            var status = (int)refusal.StatusCode;
            return new RecipientResult(status >= 500 ? RecipientOutcome.Refused : RecipientOutcome.Deferred, $"{status} {Words(refusal.Response, recipients)}");
        }
    }

    /// <summary>The mail is taken; how the conversation ends no longer matters.</summary>
    private static async Task DisconnectAsync(RecordingSmtpClient client)
    {
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await client.DisconnectAsync(quit: true, deadline.Token);
        }
        catch (Exception e) when (e is IOException or SmtpProtocolException or SmtpCommandException or OperationCanceledException or SocketException)
        {
            // The server hung up first.
        }
    }

    /// <summary>Some servers refuse a client for the name it gave in EHLO, and say so only at a recipient. That is wrong for every mail.</summary>
    private static bool IsAboutName(string words) => words.Split([' ', ':', ';', ',', '.', '<', '>', '(', ')', '/'], StringSplitOptions.RemoveEmptyEntries)
        .Any(word => word.Equals("HELO", StringComparison.OrdinalIgnoreCase) || word.Equals("EHLO", StringComparison.OrdinalIgnoreCase));

    private static AdapterException WrongName(string words, RecordingSmtpClient client) => AdapterException.Misconfigured(
        "The mail server does not accept the name that the gateway gives itself; set Email:Smtp:HeloName to its full host name.",
        $"{words} (the gateway said \"{client.LocalDomain}\")");

    /// <summary>What the server said, on one line, with the position of an address in place of its text.</summary>
    private static string Words(string response, IReadOnlyList<MailboxAddress> recipients)
    {
        for (var i = 0; i < recipients.Count; i++)
            response = response.Replace(recipients[i].Address, "the address", StringComparison.OrdinalIgnoreCase);
        return HeaderText.Clean(response, 300);
    }

    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : HeaderText.Clean(e.Message, 300);
}

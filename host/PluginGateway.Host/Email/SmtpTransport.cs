using System.Net.NetworkInformation;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Email;

/// <summary>Hands mails to an SMTP server, each over its own connection.</summary>
internal sealed class SmtpTransport(IOptions<EmailOptions> options) : IMailTransport
{
    /// <summary>A server that expects TLS at once says nothing to a client that does not, and the other way round.</summary>
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(15);

    public async Task<MailReceipt> SendAsync(MimeMessage message, IReadOnlyList<MailboxAddress> recipients, string deliveryKey, CancellationToken ct)
    {
        var smtp = options.Value.Smtp!;
        using var client = new RecordingSmtpClient();
        // What a public certificate authority does not answer must not keep a council's reports back.
        client.CheckCertificateRevocation = false;
        client.LocalDomain = smtp.HeloName is { Length: > 0 } name ? name : HostName() ?? message.From.Mailboxes.First().Domain;

        await ConnectAsync(client, smtp, ct);
        try
        {
            await client.SendAsync(message, message.From.Mailboxes.First(), recipients, ct, client.Progress);
        }
        catch (SmtpCommandException e) when (!IsAboutName(e.Message) && recipients.All(r => client.Refused.ContainsKey(r.Address)))
        {
            // Nobody was accepted: the results say why, each for itself.
            return Receipt(client, smtp, recipients);
        }
        catch (Exception e) when (e is SmtpCommandException or SmtpProtocolException or ServiceNotAuthenticatedException or ServiceNotConnectedException or IOException)
        {
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
            throw AdapterException.Transient(
                "The mail server does not answer.",
                $"{smtp.Host}:{smtp.Port} said nothing within {ConnectWithin.TotalSeconds:0} s{(smtp.IsImplicitTls ? "" : "; if it expects TLS at once, set Email:Smtp:ImplicitTls")}");
        }
        catch (SslHandshakeException e) when (e.ServerCertificate is not null || e.InnerException is System.Security.Authentication.AuthenticationException { Message: var m } && m.Contains("certificate", StringComparison.OrdinalIgnoreCase))
        {
            throw AdapterException.Misconfigured("The mail server's certificate is not trusted.", Innermost(e));
        }
        catch (AuthenticationException e)
        {
            throw AdapterException.Misconfigured("The mail server does not let the gateway in.", e.Message);
        }
        catch (Exception e) when (e is SslHandshakeException or NotSupportedException)
        {
            // No STARTTLS at the server, no TLS at all, a login that it does not know.
            throw AdapterException.Misconfigured("The mail server does not speak as the settings say.", Innermost(e));
        }
        catch (Exception e) when (e is SmtpCommandException or SmtpProtocolException or SocketException or IOException)
        {
            throw IsAboutName(e.Message) ? WrongName(e.Message, client) : AdapterException.Transient("The mail server cannot be reached.", $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>The full name of this machine; null when it has a short one only, which many servers refuse.</summary>
    private static string? HostName() => IPGlobalProperties.GetIPGlobalProperties() is { HostName: var host, DomainName: var domain }
        && (domain.Length == 0 || host.Contains('.', StringComparison.Ordinal) ? host : $"{host}.{domain}") is var full && full.Contains('.', StringComparison.Ordinal) ? full : null;

    private static SecureSocketOptions Security(SmtpOptions smtp) =>
        smtp.IsImplicitTls ? SecureSocketOptions.SslOnConnect : smtp.StartTls ? SecureSocketOptions.StartTls : SecureSocketOptions.None;

    /// <summary>RFC 5321: 4yz may be tried again, 5yz not; once the content has begun to leave, nothing is known without an answer.</summary>
    private static AdapterException Translate(Exception e, RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients)
    {
        var detail = e is SmtpCommandException { StatusCode: var code } ? $"{(int)code} {Words(e.Message, recipients)}" : $"{e.GetType().Name}: {e.Message}";
        return e switch
        {
            SmtpCommandException when IsAboutName(e.Message) => WrongName(detail, client),
            ServiceNotAuthenticatedException or SmtpCommandException { StatusCode: SmtpStatusCode.AuthenticationRequired or SmtpStatusCode.AuthenticationInvalidCredentials } =>
                AdapterException.Misconfigured("The mail server does not let the gateway in.", detail),
            SmtpCommandException { StatusCode: >= (SmtpStatusCode)500, ErrorCode: SmtpErrorCode.SenderNotAccepted } =>
                AdapterException.Misconfigured("The mail server refused the sender's address (Email:From).", detail),
            SmtpCommandException { StatusCode: >= (SmtpStatusCode)500 } => AdapterException.Rejected("The mail server refused the mail.", detail),
            SmtpCommandException => AdapterException.Transient("The mail server cannot take the mail at the moment.", detail),
            _ when !client.HasContentLeft => AdapterException.Transient("The mail server ended the conversation before it was given the mail.", $"{smtp.Host}: {detail}"),
            _ => AdapterException.OutcomeUnknown("The mail server did not say whether it took the mail.", $"{smtp.Host}: {detail}"),
        };
    }

    /// <summary>The results in the order of the recipients. Whoever was not refused has it.</summary>
    private static MailReceipt Receipt(RecordingSmtpClient client, SmtpOptions smtp, IReadOnlyList<MailboxAddress> recipients)
    {
        if (client.Refused.Values.FirstOrDefault(r => IsAboutName(r.Response)) is { } response)
            throw WrongName(Words(response.Response, recipients), client);

        return new MailReceipt(
            $"taken by {smtp.Host}",
            [
                .. recipients.Select(r => client.Refused.TryGetValue(r.Address, out var refusal)
                    ? new RecipientResult((int)refusal.StatusCode >= 500 ? RecipientOutcome.Refused : RecipientOutcome.Later, $"{(int)refusal.StatusCode} {Words(refusal.Response, recipients)}")
                    : new RecipientResult(RecipientOutcome.Taken, "")),
            ]);
    }

    /// <summary>The mail is taken; how the conversation ends no longer matters.</summary>
    private static async Task DisconnectAsync(RecordingSmtpClient client)
    {
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await client.DisconnectAsync(quit: true, deadline.Token);
        }
        catch (Exception e) when (e is IOException or SmtpProtocolException or SmtpCommandException or OperationCanceledException or SocketException)
        {
            // The server hung up first.
        }
    }

    /// <summary>Some servers refuse a client for the name it gave in EHLO, and say so only at a recipient. That is wrong for every mail.</summary>
    private static bool IsAboutName(string words) =>
        words.Contains("helo command", StringComparison.OrdinalIgnoreCase) || words.Contains("ehlo", StringComparison.OrdinalIgnoreCase) || words.Contains("helo ", StringComparison.OrdinalIgnoreCase);

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

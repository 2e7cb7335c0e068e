using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace PluginGateway.Testing;

/// <summary>A real SMTP server on loopback that records mails and can be configured to refuse them.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly SmtpServer.SmtpServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="certificate">With a certificate, the server offers STARTTLS and accepts log-ins only over TLS.</param>
    /// <param name="isImplicitTls">Whether clients must use TLS from the first byte.</param>
    /// <param name="login">The accepted user and password; null when no log-in is required.</param>
    public MailServer(X509Certificate2? certificate = null, bool isImplicitTls = false, (string User, string Password)? login = null)
    {
        Port = FreePort();
        var options = new SmtpServerOptionsBuilder()
            .ServerName("mail.example")
            .Endpoint(endpoint =>
            {
                endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, Port)).AuthenticationRequired(login is not null).IsSecure(isImplicitTls);
                if (certificate is not null)
                    endpoint.Certificate(certificate);
            })
            .Build();
        var services = new SmtpServer.ComponentModel.ServiceProvider();
        services.Add((IMailboxFilter)new Filter(this));
        services.Add((IMessageStore)new Store(this));
        services.Add((IUserAuthenticator)new Authenticator(login));
        _server = new SmtpServer.SmtpServer(options, services);
        _server.SessionCreated += (_, session) => session.Context.CommandExecuting += (_, e) =>
        {
            if (e.Command is EhloCommand ehlo)
                ClientName = ehlo.DomainOrAddress;
        };
        _running = _server.StartAsync(_stop.Token);
    }

    public int Port { get; }

    /// <summary>Messages that were received completely, whatever the server replied.</summary>
    public ConcurrentQueue<ReceivedMail> Received { get; } = new();

    /// <summary>The name that the last client gave in EHLO.</summary>
    public string? ClientName { get; private set; }

    /// <summary>The reply that refuses the sender; null accepts it.</summary>
    public string? SenderReply { get; set; }

    /// <summary>Whether the server closes the connection after its reply to a message.</summary>
    public bool Disconnects { get; set; }

    /// <summary>Returns the reply that refuses a recipient, such as "450 later"; null accepts it.</summary>
    public Func<string, string?> RecipientReply { get; set; } = static _ => null;

    /// <summary>The reply after the end of a message; null closes the connection without a reply.</summary>
    public string? DataReply { get; set; } = "250 accepted";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // Stopping the server cancels it.
        }

        _stop.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static SmtpResponse Response(string answer) => new((SmtpReplyCode)int.Parse(answer.AsSpan(0, 3), CultureInfo.InvariantCulture), answer[4..]);

    private sealed class Filter(MailServer server) : MailboxFilter
    {
        public override Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) =>
            server.SenderReply is { } refusal ? throw new SmtpResponseException(Response(refusal)) : Task.FromResult(true);

        public override Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
            server.RecipientReply($"{to.User}@{to.Host}") is { } refusal ? throw new SmtpResponseException(Response(refusal)) : Task.FromResult(true);
    }

    private sealed class Store(MailServer server) : MessageStore
    {
        public override async Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            server.Received.Enqueue(new ReceivedMail(Encoding.UTF8.GetString(buffer.ToArray()), [.. transaction.To.Select(t => $"{t.User}@{t.Host}")]));
            if (server.DataReply is { } answer)
            {
                if (!server.Disconnects)
                    return Response(answer);

                await context.Pipe.Output.WriteAsync(Encoding.ASCII.GetBytes($"{answer}\r\n"), cancellationToken);
                await context.Pipe.Output.FlushAsync(cancellationToken);
            }

            ((IDisposable)context.Pipe).Dispose();
            throw new IOException("The server closes the connection.");
        }
    }

    private sealed class Authenticator((string User, string Password)? login) : IUserAuthenticator
    {
        public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
            Task.FromResult(login is null || (user, password) == login);
    }
}

/// <summary>A mail that the server received.</summary>
/// <param name="Text">The headers and content.</param>
/// <param name="Recipients">The recipients of the SMTP envelope, not of the headers.</param>
internal sealed record ReceivedMail(string Text, IReadOnlyList<string> Recipients);

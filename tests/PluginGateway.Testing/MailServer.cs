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

/// <summary>A real SMTP server on loopback, which records what it is given and can be told what to refuse.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly SmtpServer.SmtpServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="certificate">With one, the server offers STARTTLS and asks for a login over nothing else.</param>
    /// <param name="isImplicitTls">It expects TLS from the first byte.</param>
    /// <param name="login">User and password that are let in; nobody has to log in when null.</param>
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
                Name = ehlo.DomainOrAddress;
        };
        _running = _server.StartAsync(_stop.Token);
    }

    public int Port { get; }

    /// <summary>Messages whose content came to its end, whatever was answered to it.</summary>
    public ConcurrentQueue<ReceivedMail> Received { get; } = new();

    /// <summary>The name of the last client, as it gave it in EHLO.</summary>
    public string? Name { get; private set; }

    /// <summary>The answer to the sender; null takes it.</summary>
    public string? Sender { get; set; }

    /// <summary>Whether the server hangs up after what it answers to a message.</summary>
    public bool HangsUp { get; set; }

    /// <summary>The answer to a recipient, such as "450 later"; null takes it.</summary>
    public Func<string, string?> Recipient { get; set; } = static _ => null;

    /// <summary>The answer after a message's end; null hangs up instead.</summary>
    public string? AfterData { get; set; } = "250 taken";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // The test is over.
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
            server.Sender is { } refusal ? throw new SmtpResponseException(Response(refusal)) : Task.FromResult(true);

        public override Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
            server.Recipient($"{to.User}@{to.Host}") is { } refusal ? throw new SmtpResponseException(Response(refusal)) : Task.FromResult(true);
    }

    private sealed class Store(MailServer server) : MessageStore
    {
        public override async Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            server.Received.Enqueue(new ReceivedMail(Encoding.UTF8.GetString(buffer.ToArray()), [.. transaction.To.Select(t => $"{t.User}@{t.Host}")]));
            if (server.AfterData is { } answer)
            {
                if (!server.HangsUp)
                    return Response(answer);

                await context.Pipe.Output.WriteAsync(Encoding.ASCII.GetBytes($"{answer}\r\n"), cancellationToken);
                await context.Pipe.Output.FlushAsync(cancellationToken);
            }

            ((IDisposable)context.Pipe).Dispose();
            throw new IOException("The server hangs up.");
        }
    }

    private sealed class Authenticator((string User, string Password)? login) : IUserAuthenticator
    {
        public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
            Task.FromResult(login is null || (user, password) == login);
    }
}

/// <summary>A mail as the server was given it.</summary>
/// <param name="Text">Its headers and content.</param>
/// <param name="Recipients">Who it was for, by the conversation and not by its headers.</param>
internal sealed record ReceivedMail(string Text, IReadOnlyList<string> Recipients);

using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PluginGateway.Testing;

/// <summary>A mail server on a real socket that speaks enough of RFC 5321 to be sent to. It records what it took and can be told what to refuse.</summary>
internal sealed class StubSmtp : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    public StubSmtp()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Messages that were taken, as they came.</summary>
    public ConcurrentQueue<string> Taken { get; } = new();

    /// <summary>The answer to a recipient; null is yes.</summary>
    public Func<string, string?> Recipient { get; set; } = static _ => null;

    /// <summary>The answer after a message's end; null hangs up instead.</summary>
    public string? AfterData { get; set; } = "250 taken";

    /// <summary>With one, the server offers STARTTLS and takes nothing before it.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>User and password that are let in; everybody when null.</summary>
    public (string User, string Password)? Login { get; set; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            Stream stream = client.GetStream();
            var (reader, writer) = On(stream);
            var (secret, known) = (Certificate is null, Login is null);
            await writer.WriteLineAsync("220 stub");
            while (await reader.ReadLineAsync() is { } line)
            {
                switch (line.Split(' ', ':')[0].ToUpperInvariant())
                {
                    case "EHLO":
                        await writer.WriteLineAsync(Certificate is null ? "250 stub" : secret ? "250-stub\r\n250 AUTH LOGIN" : "250-stub\r\n250 STARTTLS");
                        break;
                    case "STARTTLS" when Certificate is not null:
                        await writer.WriteLineAsync("220 go");
                        var tls = new SslStream(stream);
                        await tls.AuthenticateAsServerAsync(Certificate);
                        (stream, secret) = (tls, true);
                        (reader, writer) = On(stream);
                        break;
                    case "AUTH" when secret:
                        var user = line.Split(' ')[^1];
                        await writer.WriteLineAsync("334 UGFzc3dvcmQ6");
                        known = Login is null || (Text(user), Text(await reader.ReadLineAsync() ?? "")) == Login;
                        await writer.WriteLineAsync(known ? "235 come in" : "535 no");
                        break;
                    case "MAIL" when !secret || !known:
                        await writer.WriteLineAsync("530 not like this");
                        break;
                    case "DATA":
                        await writer.WriteLineAsync("354 go on");
                        Taken.Enqueue(await ReadMessageAsync(reader));
                        if (AfterData is null)
                            return;
                        await writer.WriteLineAsync(AfterData);
                        break;
                    case "RCPT":
                        await writer.WriteLineAsync(Recipient(line) ?? "250 yes");
                        break;
                    case "QUIT":
                        await writer.WriteLineAsync("221 bye");
                        return;
                    default:
                        await writer.WriteLineAsync("250 yes");
                        break;
                }
            }
        }
    }

    private static (StreamReader Reader, StreamWriter Writer) On(Stream stream) =>
        (new StreamReader(stream, Encoding.Latin1), new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true });

    private static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private static async Task<string> ReadMessageAsync(StreamReader reader)
    {
        var message = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line && line != ".")
            message.Append(line).Append("\r\n");
        return message.ToString();
    }
}

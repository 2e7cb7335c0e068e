using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PluginGateway.Testing.SqlServer;

/// <summary>
/// Replaces SQL Server in tests. The real client connects over a socket; statements are parsed as T-SQL, checked against the portable
/// subset and the types of the schema's columns, and run on SQLite. It supports only what the gateway uses, and cannot show the locking or
/// the query plans of a real server.
/// </summary>
public sealed class SqlServerDouble : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
    private TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Task> _sessions = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-double-").FullName;
    private Task _accepting;
    private int _port;

    public SqlServerDouble()
    {
        _listener.Start();
        _port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The connection string of the master database, in which others are created.</summary>
    public string ConnectionString =>
        $"Server=127.0.0.1,{_port};Database=master;User "
            + "ID=gateway;Password=double;Encrypt=False;TrustServerCertificate=True;Connect Timeout=15";

    /// <summary>The statements that were run, and the rules they broke.</summary>
    public StatementLog Log { get; } = new();

    /// <summary>The faults to inject.</summary>
    public FaultInjection Misfortunes { get; } = new();

    /// <summary>The number of the edition: 2 for Standard, which cannot build an index while its table is written to; 3 for Enterprise, which can.</summary>
    public long Edition { get; set; } = 2;

    internal string FileOf(string database) => Path.Combine(_folder, database + ".db");

    /// <summary>Closes the port and all connections, as when the server process ends.</summary>
    public async Task CloseAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var client in _clients.Keys)
            client.Close();
    }

    /// <summary>Opens the same port again.</summary>
    public void Reopen()
    {
        _listener = new TcpListener(IPAddress.Loopback, _port);
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_sessions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                client.NoDelay = true;
                _clients[client] = true;
                _sessions.RemoveAll(static s => s.IsCompleted);
                _sessions.Add(Task.Run(async () =>
                {
                    await new TdsSession(this, client).RunAsync(_stop.Token);
                    _clients.TryRemove(client, out _);
                }));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The server was stopped.
        }
    }
}

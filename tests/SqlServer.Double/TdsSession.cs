using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Serves one connection: the log-in, then one request after the other.</summary>
internal sealed class TdsSession(SqlServerDouble server, TcpClient client)
{
    private const int HeaderSize = 8;
    private const byte EndOfMessage = 1;
    private const byte Reset = 8;

    private const byte Batch = 1;
    private const byte Procedure = 3;
    private const byte Answer = 4;
    private const byte Attention = 6;
    private const byte Transaction = 14;
    private const byte LogIn = 16;
    private const byte PreLogin = 18;

    private readonly byte[] _header = new byte[HeaderSize];
    private readonly List<string> _statements = [];
    private TsqlEngine? _engine;

    /// <summary>
    /// The packet size that the client requested. The client reads in blocks of this size and fails when a packet begins within one.
    /// </summary>
    private int _packetSize = 4096;

    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                while (await ReadAsync(stream, ct) is var (type, status, message))
                {
                    await server.Misfortunes.WhileSilentAsync(ct);
                    var answer = new TdsWriter();
                    if ((status & Reset) != 0)
                    {
                        _engine!.Reset();
                        answer.WasReset();
                    }

                    if (!await HandleAsync(type, message, answer))
                        return;
                    if (!answer.Content.IsEmpty)
                        await WriteAsync(stream, answer.Content, ct);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client disconnected or the server is stopping. Uncommitted work is rolled back.
        }
        finally
        {
            _engine?.Dispose();
        }
    }

    /// <returns>False when the connection must be closed.</returns>
    private async Task<bool> HandleAsync(byte type, byte[] message, TdsWriter answer)
    {
        switch (type)
        {
            case PreLogin:
                answer.PreLogin();
                return true;
            case LogIn:
                return HandleLogIn(message, answer);
            case Attention:
                answer.Done(0xFD, null, 0, cancelled: true);
                return true;
            case Transaction:
                return HandleTransaction(TdsRequests.TransactionOf(message), answer);
            case Batch:
                var batch = new TdsRequest(TdsRequests.TextOf(message), []);
                if (!server.Misfortunes.Hangs(batch.Sql))
                    await ExecuteAsync(batch, answer, procedure: false, more: false);
                return true;
            case Procedure:
                var requests = TdsRequests.ProceduresOf(message);
                // The client then times out and sends an attention signal, which is answered.
                if (requests.Any(r => server.Misfortunes.Hangs(r.Sql)))
                    return true;
                for (var i = 0; i < requests.Count; i++)
                    await ExecuteAsync(requests[i], answer, procedure: true, more: i < requests.Count - 1);
                return true;
            default:
                throw new NotSupportedException($"The double does not support messages of type {type}.");
        }
    }

    private bool HandleLogIn(byte[] message, TdsWriter answer)
    {
        const int packetSizeAt = 8, databaseAt = 36 + (8 * 4);
        var (at, length) = (BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(databaseAt)),
            BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(databaseAt + 2)));
        var database = Encoding.Unicode.GetString(message, at, 2 * length);
        var file = server.FileOf(database);
        if (server.Misfortunes.RefusesAll || (database != "master" && !File.Exists(file)))
        {
            answer.Error(4060, $"Cannot open database \"{database}\" requested by the login. The login failed.").Done(0xFD, null, 0, failed: true);
            return true;
        }

        _engine = new TsqlEngine(server, file);
        _packetSize = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(packetSizeAt));
        answer.LoggedIn(database, _packetSize);
        return true;
    }

    private bool HandleTransaction(ushort request, TdsWriter answer)
    {
        const int begin = 5, commit = 7, rollback = 8;
        switch (request)
        {
            case begin:
                _statements.Clear();
                answer.Began(_engine!.Begin());
                return true;
            case commit when server.Misfortunes.BreaksBefore():
                return false;
            case commit:
                var ended = _engine!.End(commit: true);
                if (server.Misfortunes.BreaksAfter(_statements))
                    return false;
                answer.Ended(ended, committed: true);
                return true;
            case rollback:
                answer.Ended(_engine!.End(commit: false), committed: false);
                return true;
            default:
                throw new NotSupportedException($"The double does not support transaction request {request}.");
        }
    }

    private async Task ExecuteAsync(TdsRequest request, TdsWriter answer, bool procedure, bool more)
    {
        var token = (byte)(procedure ? 0xFF : 0xFD);
        try
        {
            if (server.Misfortunes.RefusesAll)
                throw new TsqlException(40197, "The service has encountered an error processing your request.");
            _statements.Add(request.Sql);
            if (server.Misfortunes.ErrorFor(request.Sql) is > 0 and var number)
                throw new TsqlException(number, "Injected fault.");
            await server.Misfortunes.WhileDelayedAsync(request.Sql);
            foreach (var result in await _engine!.ExecuteAsync(request.Sql, request.Parameters))
            {
                if (result.Columns.Count > 0)
                    answer.Columns(result.Columns);
                foreach (var row in result.Rows)
                    answer.Row(result.Columns, row);
                answer.Done(token, result.Count, result.Command, more: true);
            }

            if (procedure)
                answer.ReturnStatus();
            answer.Done((byte)(procedure ? 0xFE : 0xFD), null, 0, more);
        }
        catch (TsqlException e)
        {
            answer.Error(e.Number, e.Message).Done((byte)(procedure ? 0xFE : 0xFD), null, 0, more, failed: true);
        }
    }

    private async Task<(byte Type, byte Status, byte[] Message)?> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        var message = new MemoryStream();
        byte first = 0;
        while (true)
        {
            if (await stream.ReadAtLeastAsync(_header, HeaderSize, throwOnEndOfStream: false, ct) < HeaderSize)
                return null;
            var piece = new byte[BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)) - HeaderSize];
            await stream.ReadExactlyAsync(piece, ct);
            if (message.Length == 0)
                first = _header[1];
            message.Write(piece);
            if ((_header[1] & EndOfMessage) != 0)
                return (_header[0], first, message.ToArray());
        }
    }

    private async Task WriteAsync(NetworkStream stream, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var packet = new byte[_packetSize];
        byte number = 1;
        do
        {
            var piece = content[..Math.Min(content.Length, _packetSize - HeaderSize)];
            content = content[piece.Length..];
            (packet[0], packet[1], packet[6]) = (Answer, content.IsEmpty ? EndOfMessage : (byte)0, number++);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)(piece.Length + HeaderSize));
            piece.CopyTo(packet.AsMemory(HeaderSize));
            await stream.WriteAsync(packet.AsMemory(0, piece.Length + HeaderSize), ct);
        }
        while (!content.IsEmpty);
    }
}

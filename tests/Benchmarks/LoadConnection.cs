using System.Buffers.Text;
using System.Net.Sockets;

namespace PluginGateway.Benchmarks;

/// <summary>
/// One connection that sends a request, reads the response and sends the next. It uses as little CPU as possible, so that the measurement
/// shows the server.
/// </summary>
internal static class LoadConnection
{
    public static async Task<int> RunAsync(Uri address, Func<int, byte[]> request, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, CancellationToken.None);
        var buffer = new byte[64 << 10];
        var count = 0;
        while (!stop.IsCancellationRequested)
        {
            await socket.SendAsync(request(count), SocketFlags.None, CancellationToken.None);
            await ReadAsync(socket, buffer);
            count++;
        }

        return count;
    }

    private static async Task ReadAsync(Socket socket, byte[] buffer)
    {
        var filled = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None);
            if (read == 0)
                throw new IOException("The server closed the connection.");
            filled += read;
            if (IsWhole(buffer.AsSpan(0, filled)))
                return;
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        if (!answer.StartsWith("HTTP/1.1 200"u8))
            throw new IOException(System.Text.Encoding.UTF8.GetString(answer));

        var head = answer[..end];
        if (head.IndexOf("Content-Length: "u8) is >= 0 and var at && Utf8Parser.TryParse(head[(at + 16)..], out int length, out _))
            return answer.Length == end + 4 + length;
        return answer.EndsWith("0\r\n\r\n"u8);
    }
}

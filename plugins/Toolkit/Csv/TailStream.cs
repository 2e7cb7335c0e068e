namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>Passes a stream through and remembers how it ends.</summary>
internal sealed class TailStream(Stream inner) : Stream
{
    private byte _last = (byte)'\n';

    /// <summary>The number of bytes that were read.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the stream has ended, and its last byte is not a line break.</summary>
    public bool EndsWithinLine { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Note(await inner.ReadAsync(buffer, cancellationToken), buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A document can only be read asynchronously.");

    public override void Flush()
    {
        // The stream is read-only.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    private int Note(int count, Memory<byte> buffer)
    {
        if (count > 0)
            (_last, Count) = (buffer.Span[count - 1], Count + count);
        else if (buffer.Length > 0)
            EndsWithinLine = _last is not ((byte)'\n' or (byte)'\r');
        return count;
    }
}

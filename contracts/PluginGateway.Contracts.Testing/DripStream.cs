namespace PluginGateway.Contracts.Testing;

/// <summary>Returns one byte per read, and can end with an error, as a broken connection does.</summary>
internal sealed class DripStream(byte[] content, int length, bool breaks) : Stream
{
    private int _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_at == length)
            return breaks ? throw new IOException("The response ended prematurely.") : 0;

        buffer[offset] = content[_at++];
        return 1;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        if (_at == length)
            return breaks ? throw new IOException("The response ended prematurely.") : 0;

        buffer.Span[0] = content[_at++];
        return 1;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

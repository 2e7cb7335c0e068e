namespace PluginGateway.Core.Storage;

/// <summary>Reads content that is stored in chunks, with one chunk in memory at a time.</summary>
/// <param name="length">The length of the content in bytes.</param>
/// <param name="chunkLength">The length of every chunk except the last one.</param>
/// <param name="readAsync">Returns the chunk with a number, from 0; null if it does not exist.</param>
/// <param name="read">The same for callers that cannot read asynchronously; null if there are none.</param>
internal sealed class ChunkStream(
    long length, int chunkLength, Func<long, CancellationToken, Task<byte[]?>> readAsync, Func<long, byte[]?>? read = null) : Stream
{
    private byte[] _chunk = [];
    private long _number = -1;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= length)
            return 0;
        if (_position / chunkLength is var number && number != _number)
            Use(number, await readAsync(number, cancellationToken));
        return Copy(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _position >= length)
            return 0;
        if (_position / chunkLength is var number && number != _number)
            Use(number, read is null ? throw new NotSupportedException("The content can only be read asynchronously.") : read(number));
        return Copy(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
        // The stream is read-only.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Use(long number, byte[]? chunk)
    {
        var expected = Math.Min(chunkLength, length - (number * chunkLength));
        if (chunk?.Length != expected)
            throw new FileNotFoundException("The content no longer exists.");
        (_chunk, _number) = (chunk, number);
    }

    private int Copy(Span<byte> buffer)
    {
        var rest = _chunk.AsSpan((int)(_position % chunkLength));
        var count = Math.Min(buffer.Length, rest.Length);
        rest[..count].CopyTo(buffer);
        _position += count;
        return count;
    }
}

using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>Reads the bytes of a stored document with one chunk in memory at a time.</summary>
internal sealed class DocumentStream(IDatabase database, long documentId) : Stream
{
    private byte[] _chunk = [];
    private int _at;
    private int _next;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;

        while (_at == _chunk.Length && !_ended)
        {
            var content = await database.ReadAsync(
                db => db.ScalarAsync<byte[]>(
                    "SELECT content FROM document_chunk WHERE document_id = @documentId AND number = @number", new { documentId, number = _next }),
                cancellationToken);
            (_chunk, _at, _ended) = (content ?? [], 0, content is null);
            _next++;
        }

        var count = Math.Min(buffer.Length, _chunk.Length - _at);
        _chunk.AsSpan(_at, count).CopyTo(buffer.Span);
        _at += count;
        return count;
    }

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
}

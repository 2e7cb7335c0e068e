using System.Buffers.Binary;
using PluginGateway.Core.Attachments;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Reads the number of pixels from the headers of a picture, wherever in the file they are. The gateway does not decode pictures, but programs at the
/// council do.
/// </summary>
internal sealed class ImageSize(Stream content)
{
    /// <summary>The number of parts of a file after which it is no ordinary picture.</summary>
    private const int MaxParts = 10_000;

    private const int SignatureBytes = 512;
    private const int MaxBoxDepth = 4;

    private readonly byte[] _buffer = new byte[SignatureBytes];
    private int _parts;

    /// <summary>
    /// Returns the highest number of pixels of the pictures in a file; 0 for files that are no pictures and for pictures whose size is not found. A file in
    /// more parts than a picture has returns <see cref="long.MaxValue"/>.
    /// </summary>
    /// <param name="content">A seekable stream.</param>
    /// <param name="ct">Cancels the read.</param>
    public static async Task<long> PixelsAsync(Stream content, CancellationToken ct)
    {
        var image = new ImageSize(content);
        var length = await image.ReadAsync(0, SignatureBytes, ct);
        var start = image._buffer.AsMemory(0, length);
        var pixels = FileTypes.Of(start.Span) switch
        {
            "image/png" when length >= 24 => Area(image.Big32(16), image.Big32(20)),
            "image/gif" when length >= 10 => (long)image.Little16(6) * image.Little16(8),
            "image/bmp" when length >= 26 => Math.Abs((long)(int)image.Little32(18)) * Math.Abs((long)(int)image.Little32(22)),
            "image/webp" when length >= 30 => image.WebP(),
            "image/jpeg" => await image.JpegAsync(ct),
            "image/tiff" => await image.TiffAsync(ct),
            "image/heic" or "image/avif" => await image.BoxesAsync(0, content.Length, 0, ct),
            _ => 0,
        };
        return image._parts > MaxParts ? long.MaxValue : pixels;
    }

    private static long Area(uint width, uint height) => (long)Math.Min((ulong)width * height, long.MaxValue);

    private long WebP()
    {
        var kind = _buffer.AsSpan(12, 4);
        if (kind.SequenceEqual("VP8X"u8))
            return (1L + Little24(24)) * (1 + Little24(27));
        if (kind.SequenceEqual("VP8 "u8))
            return (long)(Little16(26) & 0x3FFF) * (Little16(28) & 0x3FFF);

        var bits = Little32(21);
        return (1L + (bits & 0x3FFF)) * (1 + ((bits >> 14) & 0x3FFF));
    }

    /// <summary>Reads the size from the first frame header, which follows any number of other segments (ITU-T T.81, B.1 and B.2).</summary>
    private async Task<long> JpegAsync(CancellationToken ct)
    {
        var position = 2L;
        while (++_parts <= MaxParts && await ReadAsync(position, 9, ct) is >= 4 and var read)
        {
            var marker = _buffer[1];
            // Fill bytes may precede a marker, and decoders skip stray bytes; some markers have no segment.
            if (marker == 0xFF || _buffer[0] != 0xFF)
                position++;
            else if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
                position += 2;
            // Markers C0 to CF start a frame, except C4, C8 and CC.
            else if (marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
                return read < 9 ? 0 : (long)Big16(5) * Big16(7);
            else
                position += 2 + Math.Max(Big16(2), (ushort)2);
        }

        return 0;
    }

    /// <summary>Reads the sizes from all directories (TIFF 6.0, section 2).</summary>
    private async Task<long> TiffAsync(CancellationToken ct)
    {
        var isLittle = _buffer[0] == 'I';
        var directory = U32(4);
        long largest = 0;
        // Directories that follow each other in a circle end at the limit.
        while (directory > 0 && await ReadAsync(directory, 2, ct) == 2)
        {
            var (count, first) = (U16(0), directory + 2);
            uint width = 0, height = 0;
            for (var i = 0; i < count && ++_parts <= MaxParts && await ReadAsync(first + (12L * i), 12, ct) == 12; i++)
            {
                // The value of a SHORT is in the first two of its four bytes.
                var value = U16(2) == 3 ? U16(8) : U32(8);
                (width, height) = U16(0) switch { 256 => (value, height), 257 => (width, value), _ => (width, height) };
            }

            largest = Math.Max(largest, Area(width, height));
            directory = ++_parts <= MaxParts && await ReadAsync(first + (12L * count), 4, ct) == 4 ? U32(0) : 0;
        }

        return largest;

        uint U16(int at) => isLittle ? Little16(at) : Big16(at);
        uint U32(int at) => isLittle ? Little32(at) : Big32(at);
    }

    /// <summary>Reads the sizes of all images from the boxes <c>meta/iprp/ipco/ispe</c> (ISO/IEC 23008-12, 6.5.3).</summary>
    private async Task<long> BoxesAsync(long position, long end, int depth, CancellationToken ct)
    {
        long largest = 0;
        while (depth < MaxBoxDepth && position + 8 <= end && ++_parts <= MaxParts)
        {
            var read = await ReadAsync(position, 20, ct);
            if (read < 8)
                break;

            long size = Big32(0), header = 8;
            if (size == 1 && read >= 16)
                (size, header) = ((long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(8)), long.MaxValue), 16);
            // A box of size 0 extends to the end.
            var next = size == 0 ? end : size < header || size > end - position ? end : position + size;
            var name = System.Text.Encoding.Latin1.GetString(_buffer, 4, 4);
            if (name == "ispe" && read >= 20)
                largest = Math.Max(largest, Area(Big32(12), Big32(16)));
            else if (name is "meta" or "iprp" or "ipco")
                // The content of "meta" begins with version and flags.
                largest = Math.Max(largest, await BoxesAsync(position + header + (name == "meta" ? 4 : 0), next, depth + 1, ct));
            position = next;
        }

        return largest;
    }

    /// <summary>Reads bytes into the buffer.</summary>
    /// <returns>The number of bytes that exist there, up to <paramref name="count"/>.</returns>
    private async Task<int> ReadAsync(long position, int count, CancellationToken ct)
    {
        if (position >= content.Length)
            return 0;
        content.Position = position;
        return await content.ReadAtLeastAsync(_buffer.AsMemory(0, count), count, throwOnEndOfStream: false, ct);
    }

    private ushort Big16(int at) => BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(at));

    private uint Big32(int at) => BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(at));

    private ushort Little16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(at));

    private int Little24(int at) => _buffer[at] | (_buffer[at + 1] << 8) | (_buffer[at + 2] << 16);

    private uint Little32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(at));
}

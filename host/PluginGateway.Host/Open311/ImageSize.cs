using System.Buffers.Binary;
using PluginGateway.Core.Attachments;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Reads the number of pixels from a picture's header. The gateway does not decode pictures, but programs at the council do.
/// </summary>
internal static class ImageSize
{
    /// <summary>Returns the number of pixels of a JPEG, PNG, GIF or WebP file; 0 for other files and incomplete headers.</summary>
    public static long Pixels(ReadOnlySpan<byte> content) => FileTypes.Of(content) switch
    {
        "image/png" when content.Length >= 24 =>
            (long)BinaryPrimitives.ReadUInt32BigEndian(content[16..]) * BinaryPrimitives.ReadUInt32BigEndian(content[20..]),
        "image/gif" when content.Length >= 10 =>
            (long)BinaryPrimitives.ReadUInt16LittleEndian(content[6..]) * BinaryPrimitives.ReadUInt16LittleEndian(content[8..]),
        "image/webp" when content.Length >= 30 => WebP(content),
        "image/jpeg" => Jpeg(content[2..]),
        _ => 0,
    };

    private static long WebP(ReadOnlySpan<byte> content)
    {
        if (content[12..16].SequenceEqual("VP8X"u8))
            return (1L + Three(content[24..])) * (1 + Three(content[27..]));
        if (content[12..16].SequenceEqual("VP8 "u8))
            return (long)(BinaryPrimitives.ReadUInt16LittleEndian(content[26..]) & 0x3FFF) * (BinaryPrimitives.ReadUInt16LittleEndian(content[28..]) & 0x3FFF);

        var bits = BinaryPrimitives.ReadUInt32LittleEndian(content[21..]);
        return (1L + (bits & 0x3FFF)) * (1 + ((bits >> 14) & 0x3FFF));
    }

    private static int Three(ReadOnlySpan<byte> at) => at[0] | (at[1] << 8) | (at[2] << 16);

    /// <summary>Reads the size from the first frame header, which follows any number of other segments.</summary>
    private static long Jpeg(ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= 9 && rest[0] == 0xFF)
        {
            var marker = rest[1];
            // Markers C0 to CF start a frame, except C4, C8 and CC.
            if (marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
                return (long)BinaryPrimitives.ReadUInt16BigEndian(rest[5..]) * BinaryPrimitives.ReadUInt16BigEndian(rest[7..]);

            var length = 2 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (length >= rest.Length)
                break;
            rest = rest[length..];
        }

        return 0;
    }
}

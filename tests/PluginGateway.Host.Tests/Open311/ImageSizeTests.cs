using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Tests.Open311;

public sealed class ImageSizeTests
{
    private const long Bomb = 50_000L * 50_000;

    [Theory]
    [InlineData("89504E470D0A1A0A 0000000D 49484452 0000C350 0000C350", Bomb)]
    [InlineData("474946383961 50C3 50C3", Bomb)]
    [InlineData("FFD8 FFE0 0010 4A46494600010100000100010000 FFC2 0011 08 C350 C350 03", Bomb)]
    [InlineData("52494646 00000000 57454250 56503858 0A000000 00000000 4FC300 4FC300", Bomb)]
    [InlineData("52494646 00000000 57454250 56503820 0A000000 300100 9D012A 8002 E001", 640 * 480)]
    [InlineData("FFD8 FFE0 0004 0000 00 42 FFC0 0011 08 C350 C350 03", Bomb)]
    [InlineData("FFD8 FFE0", 0)]
    [InlineData("FFD8 FFE0 FFFF 00000000000000", 0)]
    [InlineData("89504E470D0A1A0A", 0)]
    [InlineData("255044462D312E37", 0)]
    [InlineData("", 0)]
    [InlineData("89504E470D0A1A0A 0000000D 49484452 FFFFFFFF FFFFFFFF", long.MaxValue)]
    [InlineData("424D 00000000 00000000 00000000 28000000 50C30000 B03CFFFF", Bomb)]
    // The second directory of a TIFF file in little-endian order, and one in big-endian order with short values.
    [InlineData("49492A00 08000000 0200 0001 0400 01000000 01000000 0101 0400 01000000 01000000 26000000 "
        + "0200 0001 0400 01000000 50C30000 0101 0400 01000000 50C30000 00000000", Bomb)]
    [InlineData("4D4D002A 00000008 0002 0100 0003 00000001 C3500000 0101 0003 00000001 C3500000 00000000", Bomb)]
    [InlineData("49492A00 08000000 0100 0001 0400 01000000 01000000 08000000", long.MaxValue)]
    // A thumbnail and the picture.
    [InlineData("00000010 66747970 68656963 00000000 00000048 6D657461 00000000 0000003C 69707270 00000034 6970636F "
        + "00000014 69737065 00000000 00000010 00000010 00000014 69737065 00000000 0000C350 0000C350", Bomb)]
    public async Task Size_is_read_from_the_headers(string hex, long pixels) =>
        Assert.Equal(pixels, await PixelsAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

    [Fact]
    public async Task Frame_of_a_jpeg_file_is_found_behind_long_segments_and_fill_bytes()
    {
        byte[] segment = [0xFF, 0xE2, 0xFF, 0xFF, .. new byte[0xFFFD]];

        Assert.Equal(
            Bomb, await PixelsAsync([0xFF, 0xD8, .. Enumerable.Repeat(segment, 20).SelectMany(s => s), 0xFF, 0xFF, 0xC0, 0, 17, 8, 0xC3, 0x50, 0xC3, 0x50]));
    }

    [Fact]
    public async Task Header_of_a_heic_file_is_found_behind_its_data() => Assert.Equal(
        Bomb,
        await PixelsAsync(
        [
            .. Convert.FromHexString("00000010667479706865696300000000"), .. Convert.FromHexString("0010000866726565"), .. new byte[1 << 20],
            .. Convert.FromHexString("000000306D6574610000000000000024697072700000001C6970636F00000014697370650000000000" + "00C3500000C350"),
        ]));

    [Fact]
    public async Task File_in_very_many_parts_is_no_picture()
    {
        byte[] segment = [0xFF, 0xE2, 0, 2];

        Assert.Equal(
            long.MaxValue, await PixelsAsync([0xFF, 0xD8, .. Enumerable.Repeat(segment, 20_000).SelectMany(s => s), 0xFF, 0xC0, 0, 17, 8, 0, 1, 0, 1]));
    }

    private static async Task<long> PixelsAsync(byte[] content) => await ImageSize.PixelsAsync(new MemoryStream(content), default);
}

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
    [InlineData("FFD8 FFE0", 0)]
    [InlineData("FFD8 FFE0 FFFF 00000000000000", 0)]
    [InlineData("89504E470D0A1A0A", 0)]
    [InlineData("255044462D312E37", 0)]
    [InlineData("", 0)]
    public void Pixels_returns_the_size_from_the_header(string hex, long pixels) =>
        Assert.Equal(pixels, ImageSize.Pixels(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));
}

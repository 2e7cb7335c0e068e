using System.Globalization;
using System.Text;
using QRCoder;

namespace PluginGateway.Admin.SignIn;

/// <summary>A QR code as the path of an SVG image, one unit per module.</summary>
/// <param name="Size">The width and height, including the light border.</param>
/// <param name="Path">The dark modules.</param>
internal sealed record QrCode(int Size, string Path)
{
    public static QrCode Of(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var path = new StringBuilder();
        var size = data.ModuleMatrix.Count;
        for (var y = 0; y < size; y++)
        {
            var row = data.ModuleMatrix[y];
            for (var x = 0; x < size; x++)
            {
                var begin = x;
                while (x < size && row[x])
                    x++;
                if (x > begin)
                    path.Append(CultureInfo.InvariantCulture, $"M{begin} {y}h{x - begin}v1h-{x - begin}z");
            }
        }

        return new QrCode(size, path.ToString());
    }
}

using System.Globalization;

namespace PluginGateway.Host.Open311;

/// <summary>Determines the type of a file from its first bytes, and creates a safe file name.</summary>
internal static class FileTypes
{
    private const string Unknown = "application/octet-stream";
    private const int MaxNameLength = 100;

    public static string Of(ReadOnlySpan<byte> content) => content switch
    {
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "image/png",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "image/gif",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "image/webp",
        [(byte)'I', (byte)'I', 0x2A, 0x00, ..] or [(byte)'M', (byte)'M', 0x00, 0x2A, ..] => "image/tiff",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'h', (byte)'e', (byte)'i', ..] => "image/heic",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', ..] => "application/pdf",
        _ => Unknown,
    };

    /// <summary>Returns the last part of the name without special characters, and with an extension that matches the type of the content.</summary>
    public static string SafeName(string name, string type, int number)
    {
        var last = name[(name.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        var safe = new string([.. last.Where(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ' ')]).Trim('.', ' ');
        var stem = Path.GetFileNameWithoutExtension(safe);
        if (stem.Length == 0)
            stem = string.Create(CultureInfo.InvariantCulture, $"file{number}");
        if (stem.Length > MaxNameLength)
            stem = stem[..MaxNameLength];

        var extension = type switch
        {
            "image/jpeg" => ".jpg",
            "application/pdf" => ".pdf",
            Unknown => ".bin",
            _ => "." + type["image/".Length..],
        };
        return stem + extension;
    }
}

using System.Globalization;
using System.Text;

namespace PluginGateway.Core.Attachments;

/// <summary>
/// Determines the type of a file from its content, and gives it a name that the council's computers can open: the extension matches the content if
/// that is recognised, and is otherwise the sender's, unless it is that of a program.
/// </summary>
internal static class FileTypes
{
    /// <summary>The maximum length of a file name with its extension.</summary>
    public const int MaxNameLength = 100;

    private const string Unknown = "application/octet-stream";
    private const string Program = "application/x-msdownload";
    private const string Zip = "application/zip";
    private const string IsoMedia = "video/mp4";
    private const string OleStorage = "application/x-ole-storage";
    private const int MaxExtensionLength = 10;

    /// <summary>The extensions of the types that are recognised by their content.</summary>
    private static readonly Dictionary<string, string> Extensions = new(StringComparer.Ordinal)
    {
        ["image/jpeg"] = ".jpg",
        ["image/png"] = ".png",
        ["image/gif"] = ".gif",
        ["image/webp"] = ".webp",
        ["image/tiff"] = ".tiff",
        ["image/bmp"] = ".bmp",
        ["image/heic"] = ".heic",
        ["image/avif"] = ".avif",
        ["video/quicktime"] = ".mov",
        ["video/mp4"] = ".mp4",
        ["video/3gpp"] = ".3gp",
        ["video/webm"] = ".webm",
        ["video/x-msvideo"] = ".avi",
        ["application/pdf"] = ".pdf",
    };

    /// <summary>The documents whose content is a ZIP archive or an OLE compound file. Only the extension distinguishes them.</summary>
    private static readonly Dictionary<string, (string Container, string Type)> Documents = new(StringComparer.Ordinal)
    {
        [".docx"] = (Zip, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        [".xlsx"] = (Zip, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        [".pptx"] = (Zip, "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        [".odt"] = (Zip, "application/vnd.oasis.opendocument.text"),
        [".ods"] = (Zip, "application/vnd.oasis.opendocument.spreadsheet"),
        [".odp"] = (Zip, "application/vnd.oasis.opendocument.presentation"),
        [".doc"] = (OleStorage, "application/msword"),
        [".xls"] = (OleStorage, "application/vnd.ms-excel"),
        [".ppt"] = (OleStorage, "application/vnd.ms-powerpoint"),
        [".msg"] = (OleStorage, "application/vnd.ms-outlook"),
    };

    /// <summary>Extensions of files that Windows runs instead of opening, or that can contain scripts.</summary>
    private static readonly HashSet<string> Programs = new(StringComparer.Ordinal)
    {
        ".exe", ".com", ".bat", ".cmd", ".scr", ".pif", ".msi", ".msp", ".cpl", ".dll", ".jar", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".wsh",
        ".ps1", ".psm1", ".xll", ".msc", ".rdp", ".vb", ".ws", ".sct", ".wsc", ".scf", ".library-ms", ".html", ".htm", ".xhtml", ".shtml", ".mht",
        ".svg", ".hta", ".lnk", ".url", ".reg", ".inf", ".chm", ".gadget", ".application", ".appref-ms", ".iso", ".img", ".vhd", ".vhdx",
    };

    /// <summary>Device names, which Windows does not allow as file names.</summary>
    private static readonly HashSet<string> Devices = new(
        ["con", "prn", "aux", "nul", .. Enumerable.Range(1, 9).SelectMany(i => new[] { $"com{i}", $"lpt{i}" })], StringComparer.OrdinalIgnoreCase);

    /// <summary>The first bytes of each type; a question mark matches any byte.</summary>
    private static readonly (string Start, string Type)[] Signatures =
    [
        ("\u00FF\u00D8\u00FF", "image/jpeg"),
        ("\u0089PNG\r\n\u001A\n", "image/png"),
        ("GIF8", "image/gif"),
        ("RIFF????WEBP", "image/webp"),
        ("RIFF????AVI ", "video/x-msvideo"),
        ("MZ", Program),
        ("II*\0", "image/tiff"),
        ("MM\0*", "image/tiff"),
        ("BM????\0\0\0\0", "image/bmp"),
        ("\u001AE\u00DF\u00A3", "video/webm"),
        ("%PDF-", "application/pdf"),
        ("PK\u0003\u0004", Zip),
        ("PK\u0005\u0006", Zip),
        ("\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1", OleStorage),
        ("????ftyp????", IsoMedia),
        // QuickTime files from old cameras have no ftyp box.
        ("\0???moov", "video/quicktime"),
        ("????mdat", "video/quicktime"),
        ("\0\0\0?wide", "video/quicktime"),
    ];

    /// <summary>Returns the type of a file according to its content.</summary>
    public static string Of(ReadOnlySpan<byte> content)
    {
        foreach (var (start, type) in Signatures)
            if (StartsWith(content, start))
                return type == IsoMedia ? OfBrand(content) : type;
        return Unknown;
    }

    /// <summary>Returns the type of a file: that of its content or, for documents, the more specific one that follows from its extension.</summary>
    /// <param name="type">The type of the content.</param>
    /// <param name="safeName">The name of the file, from <see cref="SafeName"/>.</param>
    public static string Refine(string type, string safeName) =>
        Documents.TryGetValue(Path.GetExtension(safeName), out var document) && document.Container == type ? document.Type : type;

    /// <summary>Returns the last part of a name without special characters, and with an extension that matches the content.</summary>
    /// <param name="name">The name that the sender gave.</param>
    /// <param name="type">The type of the content.</param>
    /// <param name="number">The number of the file, for a name that contains no permitted character.</param>
    public static string SafeName(string name, string type, int number)
    {
        var last = Compose(name[(name.AsSpan().LastIndexOfAny('/', '\\') + 1)..]);
        var safe = new string([.. last.Where(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ' ')]);
        safe = string.Join(' ', safe.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Trim('.', ' ');
        var stem = Path.GetFileNameWithoutExtension(safe).TrimEnd('.', ' ');
        if (stem.Length == 0)
            stem = string.Create(CultureInfo.InvariantCulture, $"file{number}");
        if (Devices.Contains(stem.Split('.')[0]))
            stem = "_" + stem;
        return Truncate(stem + Extension(safe, type));
    }

    /// <summary>Shortens the part of a file name before its extension, because a file without its extension cannot be opened.</summary>
    public static string Truncate(string name)
    {
        if (name.Length <= MaxNameLength)
            return name;

        var extension = Path.GetExtension(name);
        if (extension.Length > MaxExtensionLength + 1)
            extension = "";
        var end = MaxNameLength - extension.Length;
        // Do not split a surrogate pair.
        return name[..(char.IsHighSurrogate(name[end - 1]) ? end - 1 : end)].TrimEnd('.', ' ') + extension;
    }

    private static string Extension(string safe, string type)
    {
        if (Extensions.TryGetValue(type, out var known))
            return known;

        var given = new string([.. Path.GetExtension(safe).ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')]);
        var isDocument = Documents.TryGetValue(given, out var document);
        return type switch
        {
            Zip or OleStorage when isDocument && document.Container == type => given,
            Zip => ".zip",
            Program => ".bin",
            _ => given.Length is > 1 and <= MaxExtensionLength + 1 && !Programs.Contains(given) ? given : ".bin",
        };
    }

    /// <summary>Returns the type of a file in the ISO base media format from its brands (ISO/IEC 14496-12, 4.3).</summary>
    private static string OfBrand(ReadOnlySpan<byte> content)
    {
        var length = Math.Min(content.Length, Math.Max(16, (int)Math.Min(256, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(content))));
        var brands = Encoding.Latin1.GetString(content[8..length]);
        // The major brand, and the compatible brands after the minor version.
        var known = brands.Chunk(4).Where((_, i) => i != 1).Select(b => new string(b)).ToList();
        return known.Any(b => b is "avif" or "avis") ? "image/avif"
            : known.Any(b => b is "heic" or "heix" or "heim" or "heis" or "hevc" or "hevx" or "mif1" or "msf1") ? "image/heic"
            : known[0] == "qt  " ? "video/quicktime"
            : known[0].StartsWith("3g", StringComparison.Ordinal) ? "video/3gpp"
            : IsoMedia;
    }

    private static bool StartsWith(ReadOnlySpan<byte> content, string start)
    {
        if (content.Length < start.Length)
            return false;
        for (var i = 0; i < start.Length; i++)
            if (start[i] != '?' && content[i] != start[i])
                return false;
        return true;
    }

    /// <summary>Returns a name with composed characters; macOS writes "ö" as two characters.</summary>
    private static string Compose(string name)
    {
        var valid = name.EnumerateRunes().Where(r => r.Value is not (0xFFFE or 0xFFFF))
            .Aggregate(new StringBuilder(name.Length), static (text, rune) => text.Append(rune)).ToString();
        return valid.Normalize(NormalizationForm.FormC);
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Signing;

/// <summary>
/// The signature of a plug-in: the SHA-256 hashes of all its files, signed with ECDSA P-256. It is the file <see cref="FileName"/> in the plug-in's folder.
/// What is signed is a text, so that no two readers of the JSON can understand it differently: a heading, the time, and a line for each file.
/// </summary>
internal sealed record PluginSignature
{
    public const string FileName = "plugin.signature";

    private const string Heading = "PluginGateway plug-in signature 1";
    private const int MaxLength = 1 << 20;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>The id of the key: <see cref="IdOf"/>.</summary>
    public required string Key { get; init; }

    /// <summary>When it was signed, in ISO 8601.</summary>
    public required string Signed { get; init; }

    /// <summary>The hashes of the files in lower-case hexadecimal, by their paths with slashes.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    public required byte[] Value { get; init; }

    /// <summary>Returns the id of a public key (SubjectPublicKeyInfo): the beginning of its SHA-256.</summary>
    public static string IdOf(ReadOnlySpan<byte> publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey))[..16];

    /// <summary>Signs the files of a folder.</summary>
    public static PluginSignature Create(string folder, ECDsa key, DateTimeOffset now)
    {
        var files = FilesOf(folder).ToDictionary(name => name, name => HashOf(Path.Combine(folder, name)), StringComparer.Ordinal);
        var (id, signed) = (IdOf(key.ExportSubjectPublicKeyInfo()), now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        var value = key.SignData(TextOf(signed, files), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new PluginSignature { Key = id, Signed = signed, Files = files, Value = value };
    }

    /// <summary>Reads the signature of a folder.</summary>
    /// <returns>The signature; null if there is none.</returns>
    /// <exception cref="InvalidDataException">The file is not a signature.</exception>
    public static PluginSignature? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        if (new FileInfo(path).Length > MaxLength)
            throw new InvalidDataException("it is too long");

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), Strict);
            var root = json.RootElement;
            return new PluginSignature
            {
                Key = root.GetProperty("key").GetString() ?? "",
                Signed = root.GetProperty("signed").GetString() ?? "",
                Files = root.GetProperty("files").EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetString() ?? "", StringComparer.Ordinal),
                Value = root.GetProperty("signature").GetBytesFromBase64(),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("it is not a signature", e);
        }
    }

    /// <summary>Writes the signature into a folder.</summary>
    public void Write(string folder)
    {
        var options = new JsonWriterOptions { Indented = true };
        using var stream = File.Create(Path.Combine(folder, FileName));
        using var writer = new Utf8JsonWriter(stream, options);
        writer.WriteStartObject();
        writer.WriteString("key", Key);
        writer.WriteString("signed", Signed);
        writer.WriteStartObject("files");
        foreach (var (name, hash) in Files.OrderBy(f => f.Key, StringComparer.Ordinal))
            writer.WriteString(name, hash);
        writer.WriteEndObject();
        writer.WriteBase64String("signature", Value);
        writer.WriteEndObject();
    }

    public bool IsSignedBy(ReadOnlySpan<byte> publicKey)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        try
        {
            return key.VerifyData(TextOf(Signed, Files), Value, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            // The value is not a signature at all.
            return false;
        }
    }

    /// <summary>Returns the first difference between the signed files and those in a folder; null if there is none.</summary>
    /// <param name="folder">The folder, which may lack the files that are never loaded.</param>
    public string? FindDifference(string folder)
    {
        var present = FilesOf(folder).ToHashSet(StringComparer.Ordinal);
        if (present.FirstOrDefault(name => !Files.ContainsKey(name)) is { } added)
            return $"{added} was added after it was signed";
        if (Files.Keys.FirstOrDefault(name => !present.Contains(name) && PluginStager.IsWanted(Path.GetFileName(name))) is { } missing)
            return $"{missing} is missing, although it was signed with it";
        return present.FirstOrDefault(name => HashOf(Path.Combine(folder, name)) != Files[name]) is { } changed
            ? $"{changed} was changed after it was signed"
            : null;
    }

    private static IEnumerable<string> FilesOf(string folder) => CandidatePaths(folder).Where(name => name != FileName);

    private static IEnumerable<string> CandidatePaths(string folder) =>
        Discovery.CandidateFiles.List(new Discovery.PluginCandidate(folder, IsFolder: true), int.MaxValue)
            .Where(entry => entry.Kind == Discovery.EntryKind.File).Select(entry => entry.Name.Replace('\\', '/'));

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Values are written in Base64, so that none can look like several lines.</summary>
    private static byte[] TextOf(string signed, IReadOnlyDictionary<string, string> files)
    {
        var text = new StringBuilder().Append(Heading).Append('\n').Append(Encoded(signed)).Append('\n');
        foreach (var (name, hash) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
            text.Append(Encoded(hash)).Append(' ').Append(Encoded(name)).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());

        static string Encoded(string value) => Convert.ToBase64String(Encoding.UTF8.GetBytes(value));
    }
}

using System.Security.Cryptography;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// Stores the pictures that councils send within their updates, and gives clients a link to each. The link contains the hash of the content, so it
/// cannot be guessed.
/// </summary>
internal sealed class UpdatePictures(IDatabase database, IPublicUrl self)
{
    /// <summary>The scheme of a picture's URL in a stored update. It is replaced when the update is served, because the gateway's address may change.</summary>
    private const string Scheme = "picture";

    /// <summary>The types of pictures that clients can show.</summary>
    private static readonly string[] Types = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff"];

    /// <summary>Returns an update whose data URLs are replaced by the URLs of stored pictures, and these pictures. Other content is omitted.</summary>
    public static (CouncilUpdate Update, IReadOnlyList<UpdatePicture> Pictures) Extract(CouncilUpdate update)
    {
        if (!update.MediaUrls.Any(u => u.Scheme == "data"))
            return (update, []);

        var (urls, pictures) = (new List<Uri>(), new List<UpdatePicture>());
        foreach (var url in update.MediaUrls)
            if (url.Scheme != "data")
                urls.Add(url);
            else if (Read(url) is { } picture)
            {
                pictures.Add(picture);
                urls.Add(new Uri($"{Scheme}:{picture.Name}"));
            }

        return (update with { MediaUrls = urls }, pictures);
    }

    /// <summary>Whether a URL contains a picture that can be stored.</summary>
    public static bool IsPicture(Uri url) => url.Scheme == "data" && Read(url) is not null;

    /// <summary>Adds a picture, within the caller's transaction.</summary>
    public static async Task AddAsync(DbSession db, string council, UpdatePicture picture, long now)
    {
        if (await db.ExecuteAsync(
            "UPDATE update_picture SET received = @now WHERE council = @council AND sha256 = @Sha256", new { council, picture.Sha256, now }) == 0)
            await db.ExecuteAsync(
                "INSERT INTO update_picture (council, sha256, type, received, content) VALUES (@council, @Sha256, @Type, @now, @Content)",
                new { council, picture.Sha256, picture.Type, now, picture.Content });
    }

    /// <summary>Returns a picture by the name in its link; null if it does not exist or has been deleted.</summary>
    public async Task<UpdatePicture?> FindAsync(string council, string name, CancellationToken ct)
    {
        if (name.Length < 64 || Convert.FromHexString(name.AsSpan(0, 64), new byte[32], out _, out _) != System.Buffers.OperationStatus.Done)
            return null;

        var picture = await database.ReadAsync(
            db => db.FirstAsync<UpdatePicture>(
                "SELECT sha256 AS Sha256, type AS Type, content AS Content FROM update_picture WHERE council = @council AND sha256 = @sha256",
                new { council, sha256 = Convert.FromHexString(name[..64]) }),
            ct);
        return picture?.Name == name ? picture : null;
    }

    /// <summary>Returns the URL of a media item as clients receive it.</summary>
    public Uri Link(Council council, Uri url) => url.Scheme == Scheme
        ? new Uri($"{self.Url}/open311/{Uri.EscapeDataString(council.JurisdictionId)}/v2/media/{url.AbsolutePath}")
        : url;

    private static UpdatePicture? Read(Uri url) =>
        DataUrl.Read(url.OriginalString) is { } content && FileTypes.Of(content) is var type && Types.Contains(type, StringComparer.Ordinal)
            ? new UpdatePicture { Sha256 = SHA256.HashData(content), Type = type, Content = content }
            : null;
}

internal sealed class UpdatePicture
{
    public byte[] Sha256 { get; init; } = [];

    public string Type { get; init; } = "";

    public byte[] Content { get; init; } = [];

    /// <summary>The last part of the picture's link.</summary>
    public string Name => $"{Convert.ToHexStringLower(Sha256)}.{Type["image/".Length..]}";
}

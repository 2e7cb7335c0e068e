using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Stores the last valid version of every council file, shared by all hosts, so that a council stays live if its file is invalid when the gateway starts.
/// The content is encrypted, because the settings in it can contain passwords.
/// </summary>
internal sealed class StoredCouncilFiles(IDatabase database, IServiceProvider services)
{
    /// <summary>Created at first use, because reading the keys is slow, and most starts need no stored content.</summary>
    private readonly Lazy<IDataProtector> _protector = new(
        () => services.GetRequiredService<IDataProtectionProvider>().CreateProtector("council-files"), LazyThreadSafetyMode.PublicationOnly);

    public async Task<IReadOnlyList<StoredCouncilFile>> ListAsync(CancellationToken ct) =>
    [
        .. (await database.ReadAsync(
            db => db.ListAsync<CouncilFileRow>(
                """
                SELECT council AS Council, name AS Name, aliases AS Aliases, file_name AS FileName, sha256 AS Sha256, stored AS Stored
                FROM council_file ORDER BY council
                """),
            ct)).Select(r => r.ToFile()),
    ];

    /// <summary>Returns the content of a stored version; null if there is none.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The content was encrypted with a key that no longer exists.</exception>
    public async Task<byte[]?> ReadAsync(string council, CancellationToken ct) =>
        await database.ReadAsync(
            db => db.ScalarAsync<byte[]>("SELECT content FROM council_file WHERE council = @council", new { council }), ct) is { Length: > 0 } content
            ? _protector.Value.Unprotect(content)
            : null;

    /// <summary>Stores a version of a council file, replacing the council's previous one.</summary>
    /// <param name="file">The version.</param>
    /// <param name="content">The content; null for a council without a valid version yet, which never replaces a valid one.</param>
    /// <param name="ct">Cancels before the change is stored.</param>
    public Task SaveAsync(StoredCouncilFile file, byte[]? content, CancellationToken ct)
    {
        var row = new
        {
            file.Council,
            file.Name,
            aliases = JsonSerializer.SerializeToUtf8Bytes(file.Aliases, CatalogueJson.Default.IReadOnlyListString),
            file.FileName,
            file.Sha256,
            stored = file.Stored.ToUnixTimeMilliseconds(),
            content = content is null ? [] : _protector.Value.Protect(content),
        };
        return database.WriteAsync(
            async db =>
            {
                if (content is not null)
                    await RemoveAsync(db, file.Council);
                return await db.ExecuteAsync(
                    """
                    INSERT INTO council_file (council, name, aliases, file_name, sha256, stored, content)
                    SELECT @Council, @Name, @aliases, @FileName, @Sha256, @stored, @content
                    WHERE NOT EXISTS (SELECT 1 FROM council_file WHERE council = @Council)
                    """,
                    row);
            },
            ct);
    }

    /// <summary>Removes a council, in the transaction of the caller.</summary>
    public static Task<int> RemoveAsync(DbSession db, string council) =>
        db.ExecuteAsync("DELETE FROM council_file WHERE council = @council", new { council });

    private sealed class CouncilFileRow
    {
        public string Council { get; init; } = "";

        public string Name { get; init; } = "";

        public byte[] Aliases { get; init; } = [];

        public string FileName { get; init; } = "";

        public string Sha256 { get; init; } = "";

        public long Stored { get; init; }

        public StoredCouncilFile ToFile() => new()
        {
            Council = Council,
            Name = Name,
            Aliases = JsonSerializer.Deserialize(Aliases, CatalogueJson.Default.IReadOnlyListString) ?? [],
            FileName = FileName,
            Sha256 = Sha256,
            Stored = UnixTime.At(Stored),
        };
    }
}

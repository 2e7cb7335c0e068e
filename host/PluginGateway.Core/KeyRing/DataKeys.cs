using System.Data.Common;
using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.KeyRing;

/// <summary>Stores the data-protection keys in the database, so that all hosts share them.</summary>
internal sealed class DataKeys(ISyncDatabase sync, IDatabase database, KeyWrapping wrapping, TimeProvider time) : IXmlRepository
{
    private volatile bool _foundNone;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = sync.Query<string>("SELECT content FROM data_key", null).Select(content => WrappedKey.FromStored(XElement.Parse(content))).ToList();
        _foundNone = elements.Count == 0;
        return elements;
    }

    /// <summary>
    /// Stores a key. When several hosts start at the same time, only one of them stores the first key, and the others use it. Otherwise, hosts could
    /// not decrypt each other's data for hours, until they load each other's keys.
    /// </summary>
    public void StoreElement(XElement element, string friendlyName)
    {
        var isFirst = _foundNone;
        try
        {
            sync.Execute(
                "INSERT INTO data_key (id, content) SELECT @id, @content WHERE NOT EXISTS (SELECT 1 FROM data_key WHERE id = @id)",
                new { id = isFirst ? "first" : $"{friendlyName}-{Guid.NewGuid():N}", content = Text(WrappedKey.ToStored(element)) });
        }
        catch (DbException) when (isFirst && GetAllElements().Count > 0)
        {
            // Another host stored the first key at the same time.
        }
    }

    public async Task<IReadOnlyList<DataKey>> ListAsync(CancellationToken ct) =>
        [.. (await database.ReadAsync(db => db.ListAsync<DataKeyRow>("SELECT id AS Id, content AS Content FROM data_key ORDER BY id"), ct)).Select(Describe)];

    /// <summary>Checks that all keys can be read.</summary>
    /// <exception cref="InvalidDataException">A key is wrapped with a key that this host does not have, or a wrapping key cannot be used.</exception>
    public async Task CheckAsync(CancellationToken ct)
    {
        // An unusable key is reported before it is needed for the first time.
        _ = wrapping.Current;
        if ((await ListAsync(ct)).FirstOrDefault(k => !k.IsReadable) is { } lost)
            throw new InvalidDataException(
                $"The data key {lost.Id} is wrapped with the key {lost.WrappedWith}, which this host does not have. Add it to {KeyWrapping.KeyName} or "
                    + $"State:KeyCertificates. If it is lost, set a new one, and remove the data key with \"data-key remove {lost.Id}\".");
    }

    /// <summary>Wraps all keys with the current key.</summary>
    /// <returns>The number of keys that were wrapped with another key before, or not at all.</returns>
    /// <exception cref="CryptographicException">A key cannot be unwrapped.</exception>
    public async Task<ActionOutcome> RewrapAsync(string who, CancellationToken ct)
    {
        if (wrapping.Current is not { } key)
            return ActionOutcome.No($"There is no key to wrap with. Set {KeyWrapping.KeyName} or State:KeyCertificates.");
        if ((await ListAsync(ct)).FirstOrDefault(k => !k.IsReadable) is { } lost)
            return ActionOutcome.No($"The data key {lost.Id} is wrapped with the key {lost.WrappedWith}, which is missing.");

        return await database.WriteAsync(
            async db =>
            {
                var count = 0;
                foreach (var row in await db.ListAsync<DataKeyRow>("SELECT id AS Id, content AS Content FROM data_key ORDER BY id"))
                {
                    var element = XElement.Parse(row.Content);
                    if (WrappedKey.KeyOf(element) == key.Id)
                        continue;
                    var content = Text(WrappedKey.Rewrap(element, wrapping, key));
                    count += await db.ExecuteAsync("UPDATE data_key SET content = @content WHERE id = @Id", new { row.Id, content });
                }

                if (count > 0)
                    await Audit.AddAsync(db, time.NowMs(), who, "data-key-rewrap", "", "data keys", "", $"{count} wrapped with the key {key.Id}", "");
                return ActionOutcome.Yes($"{count} data keys were wrapped with the key {key.Id}.");
            },
            ct);
    }

    /// <summary>Removes a key that can no longer be read because the key that it was wrapped with is lost.</summary>
    public async Task<ActionOutcome> RemoveAsync(string id, string who, string why, CancellationToken ct)
    {
        if (wrapping.Current is null)
            return ActionOutcome.No(
                $"Run this command with the keys of the gateway ({KeyWrapping.KeyName} or State:KeyCertificates). Without them, every wrapped data key "
                    + "looks lost.");
        if ((await ListAsync(ct)).FirstOrDefault(k => k.Id == id) is not { } found)
            return ActionOutcome.No($"There is no data key {id}.");
        if (found.IsReadable)
            return ActionOutcome.No("This data key can be read. Only data keys whose wrapping key is lost can be removed.");

        return await database.WriteAsync(
            async db =>
            {
                await db.ExecuteAsync("DELETE FROM data_key WHERE id = @id", new { id });
                await Audit.AddAsync(db, time.NowMs(), who, "data-key-remove", "", $"data key {id}", $"wrapped with the lost key {found.WrappedWith}", "", why);
                return ActionOutcome.Yes($"Data key {id} removed.");
            },
            ct);
    }

    private static string Text(XElement element) => element.ToString(SaveOptions.DisableFormatting);

    private DataKey Describe(DataKeyRow row)
    {
        var element = XElement.Parse(row.Content);
        var wrappedWith = WrappedKey.KeyOf(element);
        return new DataKey(row.Id, (string?)element.Element("creationDate") ?? "", (string?)element.Element("expirationDate") ?? "", wrappedWith)
        {
            IsReadable = wrappedWith is null || wrapping.Find(wrappedWith) is not null,
        };
    }

    private sealed class DataKeyRow
    {
        public string Id { get; init; } = "";

        public string Content { get; init; } = "";
    }
}

/// <summary>A stored data-protection key, without its secret.</summary>
/// <param name="Id">The id of the row.</param>
/// <param name="Created">When it was created, in ISO 8601; empty for a revocation.</param>
/// <param name="Expires">When it is no longer used for new data.</param>
/// <param name="WrappedWith">The id of the key that it is wrapped with; null for plain text.</param>
internal sealed record DataKey(string Id, string Created, string Expires, string? WrappedWith)
{
    public required bool IsReadable { get; init; }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Updates.Collecting;

/// <summary>
/// Folders that councils drop files into. A file is taken when it has been still for a while: uploads take no lock, and one that stalls for
/// longer is taken as it is then, and again when it has grown. It stays where it is, or is removed once it is stored, as the council file says.
/// </summary>
internal sealed class WatchedFolders(DocumentStore documents, IOptions<UpdatesOptions> options, TimeProvider time, ILogger<WatchedFolders> log)
{
    private static readonly string[] Endings = [".csv", ".xml"];

    private readonly ConcurrentDictionary<(string BackEnd, string Path), Seen> _seen = [];
    private readonly ConcurrentDictionary<string, bool> _troubled = new(StringComparer.Ordinal);

    public async Task TakeAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (backEnd.Folder is not { } watched)
            return;

        List<FileInfo> files;
        try
        {
            files = [.. new DirectoryInfo(watched.Path).EnumerateFiles().Where(IsOne).OrderBy(f => f.Name, StringComparer.Ordinal)];
            _troubled.TryRemove(backEnd.Key, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Said once, not every second; what comes in other ways is collected all the same.
            if (_troubled.TryAdd(backEnd.Key, true))
                log.FileNotStored(backEnd.Key, watched.Path, e.Message);
            return;
        }

        foreach (var gone in _seen.Keys.Where(k => k.BackEnd == backEnd.Key && !files.Exists(f => f.FullName == k.Path)).ToList())
            _seen.TryRemove(gone, out _);
        foreach (var file in files)
            await CheckAsync(backEnd, file, watched.Remove, ct);
    }

    /// <summary>Links are not followed: they may lead to what is not the council's.</summary>
    private static bool IsOne(FileInfo file) =>
        Endings.Contains(file.Extension, StringComparer.OrdinalIgnoreCase) && !file.Name.StartsWith('.') && file.LinkTarget is null;

    private static (long, DateTime) Stamp(string path) => new FileInfo(path) is { Exists: true } info ? (info.Length, info.LastWriteTimeUtc) : default;

    private async Task CheckAsync(BackEnd backEnd, FileInfo file, bool remove, CancellationToken ct)
    {
        var (key, stamp, now) = ((backEnd.Key, file.FullName), Stamp(file.FullName), time.GetUtcNow());
        var seen = _seen.AddOrUpdate(key, _ => new Seen(stamp, now, false), (_, before) => before.Stamp == stamp ? before : new Seen(stamp, now, false));
        if (seen.Taken || now - seen.Since < options.Value.Settle)
            return;

        try
        {
            if (file.Length > options.Value.MaxDocumentBytes)
                log.FileNotStored(backEnd.Key, file.FullName, $"it is longer than {options.Value.MaxDocumentBytes >> 10} KB");
            else if (!await SaveAsync(backEnd, file, stamp, remove, ct))
                return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Still open for writing, or not ours to read or to remove: looked at again when it changes.
            log.FileNotStored(backEnd.Key, file.FullName, e.Message);
        }

        _seen[key] = seen with { Taken = true };
    }

    /// <returns>Whether it was still while it was read: one that grew is looked at again, and what was read of it is not kept.</returns>
    private async Task<bool> SaveAsync(BackEnd backEnd, FileInfo file, (long, DateTime) stamp, bool remove, CancellationToken ct)
    {
        await using (var content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10, FileOptions.Asynchronous))
        {
            var sha256 = await SHA256.HashDataAsync(content, ct);
            if (Stamp(file.FullName) != stamp)
                return false;
            // After a restart every file is new to this process; what is stored is known by its content.
            if (await documents.FindAsync(backEnd, sha256, ct) == 0)
            {
                content.Position = 0;
                var (id, _) = await documents.SaveAsync(backEnd, file.Name, content, ct);
                log.FileStored(backEnd.Key, file.FullName, id);
            }
        }

        if (remove && Stamp(file.FullName) == stamp)
            File.Delete(file.FullName);
        return true;
    }

    private sealed record Seen((long, DateTime) Stamp, DateTimeOffset Since, bool Taken);
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Updates.Collecting;

/// <summary>
/// Stores files from folders into which councils drop them. A file is stored when it has been unchanged for a while, because uploads do not lock it. An
/// upload that stalls for longer is stored in its current state, and again when the file has grown. The council file specifies whether files are removed
/// after they are stored.
/// </summary>
internal sealed class WatchedFolders(DocumentStore documents, IOptions<UpdatesOptions> options, TimeProvider time, ILogger<WatchedFolders> log)
{
    private static readonly string[] Extensions = [".csv", ".xml"];

    private readonly ConcurrentDictionary<(string BackEnd, string Path), FileState> _states = [];
    private readonly ConcurrentDictionary<string, bool> _unreadable = new(StringComparer.Ordinal);

    public async Task StoreAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (backEnd.Folder is not { } watched)
            return;

        List<FileInfo> files;
        try
        {
            files = [.. new DirectoryInfo(watched.Path).EnumerateFiles().Where(IsDocument).OrderBy(f => f.Name, StringComparer.Ordinal)];
            _unreadable.TryRemove(backEnd.Key, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // This is logged once, not every second. Other sources of the back end are still collected.
            if (_unreadable.TryAdd(backEnd.Key, true))
                log.FileNotStored(backEnd.Key, watched.Path, e.Message);
            return;
        }

        foreach (var gone in _states.Keys.Where(k => k.BackEnd == backEnd.Key && !files.Exists(f => f.FullName == k.Path)).ToList())
            _states.TryRemove(gone, out _);
        foreach (var file in files)
            await CheckAsync(backEnd, file, watched.Remove, ct);
    }

    /// <summary>Whether a file is a document. Links are not followed, because they may point to files outside the council's folder.</summary>
    private static bool IsDocument(FileInfo file) =>
        Extensions.Contains(file.Extension, StringComparer.OrdinalIgnoreCase) && !file.Name.StartsWith('.') && file.LinkTarget is null;

    private static (long, DateTime) Stamp(string path) => new FileInfo(path) is { Exists: true } info ? (info.Length, info.LastWriteTimeUtc) : default;

    private async Task CheckAsync(BackEnd backEnd, FileInfo file, bool remove, CancellationToken ct)
    {
        var (key, stamp, now) = ((backEnd.Key, file.FullName), Stamp(file.FullName), time.GetUtcNow());
        var state = _states.AddOrUpdate(
            key, _ => new FileState(stamp, now, false), (_, before) => before.Stamp == stamp ? before : new FileState(stamp, now, false));
        if (state.Handled || now - state.Since < options.Value.Settle)
            return;

        try
        {
            if (file.Length > options.Value.MaxDocumentBytes)
                log.FileNotStored(backEnd.Key, file.FullName, $"the file is longer than {options.Value.MaxDocumentBytes >> 10} KB");
            else if (!await SaveAsync(backEnd, file, stamp, remove, ct))
                return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file is open for writing, or the gateway may not read or remove it. It is checked again when it changes.
            log.FileNotStored(backEnd.Key, file.FullName, e.Message);
        }

        _states[key] = state with { Handled = true };
    }

    /// <returns>Whether the file was unchanged while it was read. Otherwise nothing is stored, and the file is checked again later.</returns>
    private async Task<bool> SaveAsync(BackEnd backEnd, FileInfo file, (long, DateTime) stamp, bool remove, CancellationToken ct)
    {
        await using (var content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10, FileOptions.Asynchronous))
        {
            var sha256 = await SHA256.HashDataAsync(content, ct);
            if (Stamp(file.FullName) != stamp)
                return false;
            // After a restart every file is new to this process. Files that are already stored are recognised by their content.
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

    private sealed record FileState((long, DateTime) Stamp, DateTimeOffset Since, bool Handled);
}

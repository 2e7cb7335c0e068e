using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Updates.Documents;

namespace PluginGateway.Host.Updates.Collecting;

/// <summary>
/// Folders that councils drop files into. A file is taken when it has been still for a while, so that one that is being uploaded is not taken
/// half; it stays where it is, or is removed once it is stored, as the council file says.
/// </summary>
internal sealed class WatchedFolders(DocumentStore documents, IOptions<UpdatesOptions> options, TimeProvider time, ILogger<WatchedFolders> log)
{
    private static readonly string[] Endings = [".csv", ".xml"];

    private readonly ConcurrentDictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    public async Task TakeAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (backEnd.Folder is not { } watched || !Directory.Exists(watched.Path))
            return;

        foreach (var path in Directory.EnumerateFiles(watched.Path).Where(IsOne).Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(path);
            if (!info.Exists)
                continue;
            var stamp = (info.Length, info.LastWriteTimeUtc);
            var seen = _seen.AddOrUpdate(path, _ => new Seen(stamp, time.GetUtcNow(), false), (_, before) => before.Stamp == stamp ? before : new Seen(stamp, time.GetUtcNow(), false));
            if (seen.Taken || time.GetUtcNow() - seen.Since < options.Value.Settle)
                continue;
            if (await TakeAsync(backEnd, path, watched.Remove, ct))
                _seen[path] = seen with { Taken = true };
        }
    }

    private static bool IsOne(string path) => Endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) && !Path.GetFileName(path).StartsWith('.');

    private async Task<bool> TakeAsync(BackEnd backEnd, string path, bool remove, CancellationToken ct)
    {
        try
        {
            await using (var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10, FileOptions.Asynchronous))
            {
                // After a restart every file is new to this process; what is stored is known by its content.
                if (await documents.FindAsync(backEnd, await SHA256.HashDataAsync(content, ct), ct) == 0)
                {
                    content.Position = 0;
                    var (id, _) = await documents.KeepAsync(backEnd, Path.GetFileName(path), content, ct);
                    log.FileTaken(backEnd.Key, path, id);
                }
            }

            if (remove)
            {
                File.Delete(path);
                _seen.TryRemove(path, out _);
                return false;
            }

            return true;
        }
        catch (DocumentTooLongException e)
        {
            log.FileNotTaken(backEnd.Key, path, e.Message);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Still open for writing, or not ours to read: looked at again.
            log.FileNotTaken(backEnd.Key, path, e.Message);
            return false;
        }
    }

    private sealed record Seen((long, DateTime) Stamp, DateTimeOffset Since, bool Taken);
}

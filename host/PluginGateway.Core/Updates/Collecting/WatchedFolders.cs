using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Updates.Collecting;

/// <summary>
/// Stores files from folders into which councils drop them. A file is stored when it has been unchanged for a while, because uploads do not lock it. An
/// upload that stalls for longer is stored in its current state, and again when the file has grown. A file that cannot be read is retried until it is
/// stored. The council file specifies whether files are removed after they are stored.
/// </summary>
internal sealed class WatchedFolders(
    DocumentStore documents, CollectionStore collections, IOptions<UpdatesOptions> options, TimeProvider time, ILogger<WatchedFolders> log)
{
    private const int MaxCauses = 3;

    private static readonly string[] Extensions = [".csv", ".xml"];

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string BackEnd, string Path), FileState> _states = [];

    /// <summary>The problem that was recorded last for each back end; empty for none.</summary>
    private readonly ConcurrentDictionary<string, string> _recorded = new(StringComparer.Ordinal);

    public async Task StoreAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (backEnd.Folder is not { } watched)
        {
            // The folder may have been removed from the council file.
            await RecordAsync(backEnd, "", "", ct);
            return;
        }

        List<FileInfo> files;
        try
        {
            files = [.. new DirectoryInfo(watched.Path).EnumerateFiles().Where(IsDocument).OrderBy(f => f.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await RecordAsync(backEnd, watched.Path, e.Message, ct);
            return;
        }

        foreach (var gone in _states.Keys.Where(k => k.BackEnd == backEnd.Key && !files.Exists(f => f.FullName == k.Path)).ToList())
            _states.TryRemove(gone, out _);
        var problems = new List<(string Path, string Problem)>();
        foreach (var file in files)
            if (await CheckAsync(backEnd, file, watched.Remove, ct) is { } problem)
                problems.Add((file.FullName, problem));
        await RecordAsync(
            backEnd, string.Join(", ", problems.Take(MaxCauses).Select(p => p.Path)),
            string.Join("; ", problems.Take(MaxCauses).Select(p => $"{Path.GetFileName(p.Path)}: {p.Problem}")), ct);
    }

    /// <summary>Whether a file is a document. Links are not followed, because they may point to files outside the council's folder.</summary>
    private static bool IsDocument(FileInfo file) =>
        Extensions.Contains(file.Extension, StringComparer.OrdinalIgnoreCase) && !file.Name.StartsWith('.') && file.LinkTarget is null;

    private static (long, DateTime) Stamp(string path) => new FileInfo(path) is { Exists: true } info ? (info.Length, info.LastWriteTimeUtc) : default;

    /// <summary>Records a problem for the operators, and logs it once while it lasts.</summary>
    private async Task RecordAsync(BackEnd backEnd, string path, string problem, CancellationToken ct)
    {
        // After a start, it is not known whether a problem is recorded.
        if (_recorded.TryGetValue(backEnd.Key, out var recorded) && recorded == problem)
            return;

        await collections.FolderAsync(backEnd, problem, ct);
        if (problem.Length > 0)
            log.FileNotStored(backEnd.Key, path, problem);
        else if (recorded is { Length: > 0 })
            log.FilesStoredAgain(backEnd.Key);
        _recorded[backEnd.Key] = problem;
    }

    /// <returns>Why the file could not be stored; null if it was stored, or is not due yet.</returns>
    private async Task<string?> CheckAsync(BackEnd backEnd, FileInfo file, bool remove, CancellationToken ct)
    {
        if (SpecialFile.KindOf(file.FullName) is { } kind)
            return $"it is a {kind}; remove it";
        var (key, stamp, now) = ((backEnd.Key, file.FullName), Stamp(file.FullName), time.GetUtcNow());
        var state = _states.AddOrUpdate(
            key, _ => new FileState(stamp, now), (_, before) => before.Stamp == stamp ? before : new FileState(stamp, now) { Problem = before.Problem });
        if (state.Handled || now - state.Since < options.Value.Settle || now < state.RetryAt)
            return state.Problem;

        try
        {
            if (file.Length > options.Value.MaxDocumentBytes)
                throw new DocumentTooLongException($"the file is longer than {options.Value.MaxDocumentBytes >> 10} KB");
            if (await SaveAsync(backEnd, file, stamp, remove, ct))
                _states[key] = state with { Handled = true, Problem = null };
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file is open for writing, the gateway may not read or remove it, or there is no space for its copy.
            var delay = state.Delay == TimeSpan.Zero ? FirstRetry : state.Delay * 2 < LongestRetry ? state.Delay * 2 : LongestRetry;
            _states[key] = state with { Delay = delay, RetryAt = now + delay, Problem = e.Message };
            return e.Message;
        }
    }

    /// <returns>Whether the file was unchanged while it was read. Otherwise it is checked again later.</returns>
    private async Task<bool> SaveAsync(BackEnd backEnd, FileInfo file, (long, DateTime) stamp, bool remove, CancellationToken ct)
    {
        byte[] sha256;
        await using (var content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10, FileOptions.Asynchronous))
        {
            sha256 = await SHA256.HashDataAsync(content, ct);
            if (Stamp(file.FullName) != stamp)
                return false;
            // After a restart every file is new to this process. Files that are already stored are recognised by their content.
            if (await documents.FindAsync(backEnd, sha256, ct) == 0)
            {
                content.Position = 0;
                var (id, _) = await documents.SaveAsync(backEnd, file.Name, content, ct);
                log.FileStored(backEnd.Key, file.FullName, id);
                // The file may have changed after it was hashed.
                if (await documents.FindAsync(backEnd, sha256, ct) != id)
                    return false;
            }
        }

        if (!remove)
            return Stamp(file.FullName) == stamp;

        // Removed only if exactly the stored bytes are on the disk now: a writer may have preserved length and time.
        if (!(await HashAsync(file.FullName, ct)).AsSpan().SequenceEqual(sha256) || Stamp(file.FullName) != stamp)
            return false;
        File.Delete(file.FullName);
        return true;
    }

    private static async Task<byte[]> HashAsync(string path, CancellationToken ct)
    {
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 << 10, FileOptions.Asynchronous);
        return await SHA256.HashDataAsync(content, ct);
    }

    /// <summary>The state of one version of a file.</summary>
    /// <param name="Stamp">Its length and write time.</param>
    /// <param name="Since">When this version was first seen.</param>
    private sealed record FileState((long, DateTime) Stamp, DateTimeOffset Since)
    {
        /// <summary>Whether it has been stored, and removed if the council wants that.</summary>
        public bool Handled { get; init; }

        public TimeSpan Delay { get; init; }

        public DateTimeOffset RetryAt { get; init; }

        /// <summary>Why the last attempt failed.</summary>
        public string? Problem { get; init; }
    }
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Provides the live councils. <see cref="ScanAsync"/> reads changed council files and publishes a new snapshot. After an invalid edit the last valid
/// version of the council stays live, also after a restart, and the errors are logged.
/// </summary>
internal sealed class CouncilDirectory(
    IOptions<CouncilOptions> options, CouncilFileLoader loader, StoredCouncilFiles store, TimeProvider time, ILogger<CouncilDirectory> log)
{
    private readonly Lock _changes = new();
    private readonly HashSet<string> _changedAdapters = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _publishing = new(1);
    private ImmutableDictionary<string, UnsavedCouncilFile> _unsaved = ImmutableDictionary<string, UnsavedCouncilFile>.Empty;
    private IReadOnlyList<StoredCouncilFile>? _stored;
    private volatile CouncilSnapshot _current = CouncilSnapshot.Empty;

    public CouncilSnapshot Current => _current;

    /// <summary>The valid versions that have not been stored yet.</summary>
    public IEnumerable<UnsavedCouncilFile> Unsaved => _unsaved.Values;

    /// <summary>Makes the next scan check the councils of these adapters again, because other plug-in generations now serve them.</summary>
    public void MustCheck(IReadOnlyCollection<string> adapters)
    {
        lock (_changes)
            _changedAdapters.UnionWith(adapters);
    }

    /// <summary>Processes new, changed and deleted files. Called at startup and then only by the watcher.</summary>
    public async Task ScanAsync(CancellationToken ct)
    {
        await _publishing.WaitAsync(ct);
        try
        {
            _stored ??= await store.ListAsync(ct);
            var (before, folder) = (_current, CouncilFolder.List(options.Value.FullPath));
            var files = folder.Paths is { } paths ? Load(before.Files, paths) : before.Files;
            if (!ReferenceEquals(files, before.Files) || (folder.Problem is not null && files.Count == 0))
                files = await RestoreAsync(files, before.Files, folder.Problem is not null, ct);
            if (ReferenceEquals(files, before.Files) && folder.Problem == before.FolderProblem && !ReferenceEquals(before, CouncilSnapshot.Empty))
                return;

            LogChanges(before, files);
            if (folder.Problem is not null && folder.Problem != before.FolderProblem)
                log.CouncilFolderNotRead(options.Value.FullPath, folder.Problem);
            else if (folder.Problem is null && before.FolderProblem is not null)
                log.CouncilFolderRead(options.Value.FullPath);
            Publish(files, folder.Problem);
        }
        finally
        {
            _publishing.Release();
        }
    }

    /// <summary>Notes that a version has been stored.</summary>
    public void MarkSaved(UnsavedCouncilFile saved) => ImmutableInterlocked.Update(
        ref _unsaved, static (all, saved) => ReferenceEquals(all.GetValueOrDefault(saved.File.Council), saved) ? all.Remove(saved.File.Council) : all, saved);

    /// <summary>Applies what is stored now: this host, another host or a command may have changed it.</summary>
    public async Task ApplyAsync(IReadOnlyList<StoredCouncilFile> stored, CancellationToken ct)
    {
        if (_stored is { } known && known.Select(s => (s.Council, s.Sha256, s.FileName, s.Stored)).SequenceEqual(
            stored.Select(s => (s.Council, s.Sha256, s.FileName, s.Stored))))
            return;

        await _publishing.WaitAsync(ct);
        try
        {
            _stored = stored;
            // A council without a live version may have one now.
            var files = _current.Files;
            foreach (var file in files.Values.Where(f => f.Live is null))
                files = files.SetItem(file.Path, file with { CheckAt = DateTimeOffset.MinValue });
            Publish(files, _current.FolderProblem);
        }
        finally
        {
            _publishing.Release();
        }
    }

    private ImmutableDictionary<string, LoadedCouncilFile> Load(ImmutableDictionary<string, LoadedCouncilFile> before, IReadOnlyList<string> paths)
    {
        var changed = TakeChangedAdapters();
        // Deleted files are processed first, because a renamed file is the same council at another path. Their deletion can also resolve errors of
        // other files, for example a name that was used twice.
        var gone = before.Keys.Where(k => !paths.Contains(k)).ToList();
        var files = before.RemoveRange(gone);
        // Of two files with the same council, the one that was live before stays live.
        var storedNames = _stored!.Select(s => s.FileName).ToHashSet(StringComparer.Ordinal);
        foreach (var path in paths.OrderBy(p => storedNames.Contains(Path.GetFileName(p)) ? 0 : 1))
        {
            var known = files.GetValueOrDefault(path);
            if (FileStamp.Of(path) is not { } stamp)
                continue;
            if (known is not null && known.Stamp is not null && known.Stamp == stamp && !Uses(known, changed) && !loader.MustReload(known)
                && (known.Errors.Count == 0 || (gone.Count == 0 && changed.Count == 0)))
                continue;
            // A file that cannot be read has no stamp; it is read again when that is due.
            if (known is { Stamp: null, CheckAt: { } due } && due > time.GetUtcNow())
                continue;

            var (file, content) = loader.Load(path, stamp, known, files.Values.Where(f => f.Path != path));
            files = files.SetItem(path, file);
            KeepForSaving(file, content);
        }

        return files;
    }

    private void KeepForSaving(LoadedCouncilFile file, byte[] content)
    {
        if (file.Live is not { } live || file.IsOutdated || file.Restored is not null)
            return;

        var stored = _stored!.FirstOrDefault(s => s.Council == live.JurisdictionId);
        var version = StoredCouncilFile.Of(live, file.Path, file.IsValid ? live.Hash : "", time.GetUtcNow());
        if (stored is null || (file.IsValid && !stored.IsSameVersion(version)))
            ImmutableInterlocked.Update(
                ref _unsaved, static (all, added) => all.SetItem(added.File.Council, added), new UnsavedCouncilFile(version, file.IsValid ? content : null));
    }

    private HashSet<string> TakeChangedAdapters()
    {
        lock (_changes)
        {
            HashSet<string> changed = [.. _changedAdapters];
            _changedAdapters.Clear();
            return changed;
        }
    }

    private static bool Uses(LoadedCouncilFile file, HashSet<string> adapters) =>
        adapters.Count > 0 && file.Live is { } live && live.BackEnds.Values.Any(b => adapters.Contains(b.Adapter));

    /// <summary>
    /// Uses the stored versions of files that were read for the first time and are not valid; if the folder cannot be listed at startup, of all files.
    /// </summary>
    private async Task<ImmutableDictionary<string, LoadedCouncilFile>> RestoreAsync(
        ImmutableDictionary<string, LoadedCouncilFile> files, ImmutableDictionary<string, LoadedCouncilFile> before, bool isFolderAway, CancellationToken ct)
    {
        if (isFolderAway && files.Count == 0)
            foreach (var stored in _stored!.Where(s => s.Sha256.Length > 0))
            {
                var path = Path.Combine(options.Value.FullPath, stored.FileName);
                files = files.SetItem(path, new LoadedCouncilFile { Path = path, Stamp = null, Live = null, Errors = [], JurisdictionId = stored.Council });
            }

        foreach (var file in files.Values.Where(f => !f.IsValid && before.GetValueOrDefault(f.Path)?.Live is null).ToList())
            if (_stored!.FirstOrDefault(s => IsVersionOf(s, file)) is { } version && version.Sha256 != file.Live?.Hash)
                files = files.SetItem(file.Path, await RestoreAsync(file, before.GetValueOrDefault(file.Path), version, files, ct));
        return files;
    }

    private async Task<LoadedCouncilFile> RestoreAsync(
        LoadedCouncilFile file, LoadedCouncilFile? known, StoredCouncilFile version, ImmutableDictionary<string, LoadedCouncilFile> files, CancellationToken ct)
    {
        try
        {
            return await store.ReadAsync(version.Council, ct) is { } content
                && loader.Restore(content, file, files.Values.Where(f => f.Path != file.Path)) is { } council
                    ? file with { Live = council, IsOutdated = true, Restored = version.Stored }
                    : file;
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e) || e is CryptographicException)
        {
            log.CouncilNotRestored(version.Council, e);
            return loader.CheckLater(file, known);
        }
    }

    /// <summary>Whether a stored version belongs to a file. The name decides only if the file does not say which council it describes.</summary>
    private static bool IsVersionOf(StoredCouncilFile stored, LoadedCouncilFile file) =>
        stored.Sha256.Length > 0 && (file.JurisdictionId is { } id ? stored.Council == id : stored.FileName == Path.GetFileName(file.Path));

    private void Publish(ImmutableDictionary<string, LoadedCouncilFile> files, string? folderProblem)
    {
        var before = _current;
        var next = new CouncilSnapshot(files, _stored!.Concat(_unsaved.Values.Select(u => u.File)).DistinctBy(s => s.Council), folderProblem);
        _current = next;
        foreach (var absent in next.Absent.Where(a => before.FindAbsent(a.Council) is null))
            log.CouncilAbsent(absent.Council, absent.FileName, absent.Council);
    }

    private void LogChanges(CouncilSnapshot before, ImmutableDictionary<string, LoadedCouncilFile> files)
    {
        foreach (var path in before.Files.Keys.Where(p => !files.ContainsKey(p)))
            log.CouncilFileRemoved(path);
        foreach (var file in files.Values.OrderBy(f => f.Path, StringComparer.Ordinal))
            if (before.Files.GetValueOrDefault(file.Path) is not { } known || !(ReferenceEquals(known, file) || known.LooksLike(file)))
                LogFile(file);
    }

    private void LogFile(LoadedCouncilFile file)
    {
        var name = Path.GetFileName(file.Path);
        foreach (var error in file.Errors)
            log.CouncilFileError(name, error.Path, error.Message);
        if (file.Unfinished.Count > 0)
            log.CouncilNotChecked(name, string.Join(", ", file.Unfinished));
        if (file.Live is not { } live)
            log.CouncilNotLive(name);
        else if (file.Restored is { } stored)
            log.CouncilRestored(live.JurisdictionId, name, stored);
        else if (file.IsOutdated)
            log.CouncilEditRefused(name, live.JurisdictionId);
        else
            log.CouncilLive(live.JurisdictionId, name);
    }
}

/// <summary>A version of a council file that has not been stored yet; without content if no version of the file has been valid yet.</summary>
internal sealed record UnsavedCouncilFile(StoredCouncilFile File, byte[]? Content);

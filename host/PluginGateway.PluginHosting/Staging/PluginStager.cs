using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Loading;

namespace PluginGateway.PluginHosting.Staging;

/// <summary>
/// Copies a candidate to <c>&lt;state&gt;/plugins/&lt;adapter&gt;/&lt;sha256&gt;</c>. Assemblies are always loaded from there: files in the plug-ins folder
/// are never mapped into the process (overwriting a mapped image crashes it), a lazily loaded dependency comes from the same version as its
/// plug-in, and identical content is staged only once. Several processes can stage at the same time: each copies to a unique name and then renames it.
/// </summary>
internal sealed class PluginStager(string stagingPath)
{
    private const int MaxFiles = 2_000;
    private const long MaxBytes = 500L << 20;

    public StageOutcome<StagedFiles> Stage(PluginCandidate candidate)
    {
        if (!List(candidate).TryGet(out var files, out var refusal))
            return StageOutcome<StagedFiles>.Refused(refusal.Reason, refusal.Kind);

        var hash = Hash(files);
        if (FindUnchanged(hash) is { } known)
            return StageOutcome<StagedFiles>.Passed(new StagedFiles(known, hash));

        var incoming = Path.Combine(stagingPath, $".{hash[..12]}-{Guid.NewGuid():N}");
        var done = false;
        try
        {
            foreach (var file in files)
            {
                var target = Path.Combine(incoming, file.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file.Path, target);
            }

            // Hashed again after the copy, so that a file that is still being written is not staged under the hash of other content.
            done = Hash([.. files.Select(f => f with { Path = Path.Combine(incoming, f.Name) })]) == hash;
        }
        catch (IOException e)
        {
            return StageOutcome<StagedFiles>.Refused(
                $"its files cannot be copied; check permissions and disk space: {e.Message.Replace(incoming, stagingPath, StringComparison.Ordinal)}",
                RefusalKind.Incomplete);
        }
        finally
        {
            if (!done && Directory.Exists(incoming))
                Directory.Delete(incoming, recursive: true);
        }

        return done
            ? StageOutcome<StagedFiles>.Passed(new StagedFiles(incoming, hash))
            : StageOutcome<StagedFiles>.Refused("its files changed while the gateway copied them; wait until all files are in place", RefusalKind.Incomplete);
    }

    /// <summary>Moves a copy that passed inspection to its final path under the adapter's name.</summary>
    public StagedFiles Keep(StagedFiles staged, string adapterName)
    {
        var folder = Path.Combine(stagingPath, adapterName, staged.Sha256);
        if (staged.Folder == folder)
            return staged;

        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        try
        {
            Directory.Move(staged.Folder, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process staged the same content first.
            Discard(staged);
        }

        return staged with { Folder = folder };
    }

    /// <summary>Removes a copy that was not kept.</summary>
    public static void Discard(StagedFiles staged)
    {
        if (Path.GetFileName(staged.Folder).StartsWith('.'))
            Directory.Delete(staged.Folder, recursive: true);
    }

    /// <summary>
    /// Returns the folder in which content with this hash is staged; null if there is none. A folder whose content no longer matches its hash
    /// is deleted.
    /// </summary>
    public string? FindUnchanged(string hash)
    {
        if (!Directory.Exists(stagingPath))
            return null;

        foreach (var folder in Directory.EnumerateDirectories(stagingPath).Where(a => !Path.GetFileName(a).StartsWith('.')).Select(a => Path.Combine(a, hash))
            .Where(Directory.Exists))
        {
            if (List(new PluginCandidate(folder, IsFolder: true)).TryGet(out var files, out _) && Hash(files) == hash)
                return folder;
            Remove(new DirectoryInfo(folder));
        }

        return null;
    }

    /// <summary>Deletes unused copies except for the latest ones of each adapter, and incomplete copies left by processes that crashed.</summary>
    /// <param name="used">The hashes of content in use.</param>
    /// <param name="keep">How many unused copies of each adapter are kept.</param>
    /// <param name="now">The current time.</param>
    public void Sweep(IReadOnlySet<string> used, int keep, DateTimeOffset now)
    {
        var staging = new DirectoryInfo(stagingPath);
        if (!staging.Exists)
            return;

        foreach (var folder in staging.EnumerateDirectories())
        {
            if (folder.Name.StartsWith('.'))
            {
                if (now.UtcDateTime - folder.LastWriteTimeUtc > TimeSpan.FromHours(1))
                    Remove(folder);
                continue;
            }

            foreach (var old in folder.EnumerateDirectories().Where(d => !used.Contains(d.Name)).OrderByDescending(d => d.CreationTimeUtc).Skip(keep))
                Remove(old);
        }
    }

    private void Remove(DirectoryInfo folder)
    {
        try
        {
            // Renamed first, so that a partly deleted copy is never used as a complete one.
            if (!folder.Name.StartsWith('.'))
                folder.MoveTo(Path.Combine(stagingPath, $".gone-{Guid.NewGuid():N}"));
            folder.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process still has it open; the next sweep retries.
        }
    }

    private static StageOutcome<List<CandidateEntry>> List(PluginCandidate candidate)
    {
        var entries = CandidateFiles.List(candidate, 2 * MaxFiles);
        if (entries.Find(e => e.Kind == EntryKind.LeadsOut) is { } link)
            return Refused($"{link.Name} is a symbolic link that leads out of the folder; copy the file instead");
        if (!candidate.IsFolder && SpecialFile.KindOf(candidate.Path) is { } kind)
            return Refused($"it is a {kind}; remove it from the plug-ins folder");

        var files = entries.FindAll(e => e.Kind == EntryKind.File && (!candidate.IsFolder || IsWanted(Path.GetFileName(e.Name))));
        if (entries.Count > 2 * MaxFiles || files.Count > MaxFiles || files.Sum(f => new FileInfo(f.Path).Length) > MaxBytes)
            return Refused($"it has more than {MaxFiles} files or {MaxBytes >> 20} MB; remove files that the plug-in does not need");
        if (files.Count == 0)
            return Refused("it contains no files to load; copy the plug-in into it", RefusalKind.Incomplete);

        files.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return StageOutcome<List<CandidateEntry>>.Passed(files);
    }

    private static StageOutcome<List<CandidateEntry>> Refused(string reason, RefusalKind kind = RefusalKind.Final) =>
        StageOutcome<List<CandidateEntry>>.Refused(reason, kind);

    /// <summary>
    /// Excludes the plug-in's copies of shared assemblies, and its runtime configuration, which could name folders to load from that the hash does
    /// not cover.
    /// </summary>
    public static bool IsWanted(string name) =>
        !(name.EndsWith(".dll", StringComparison.Ordinal) && SharedAssemblies.Contains(Path.GetFileNameWithoutExtension(name)))
        && !name.EndsWith(".runtimeconfig.json", StringComparison.OrdinalIgnoreCase)
        && !name.EndsWith(".runtimeconfig.dev.json", StringComparison.OrdinalIgnoreCase);

    private static string Hash(List<CandidateEntry> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[8];
        var buffer = new byte[64 << 10];
        foreach (var file in files)
        {
            using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            BinaryPrimitives.WriteInt64LittleEndian(length, stream.Length);
            hash.AppendData(Encoding.UTF8.GetBytes(file.Name.Replace('\\', '/') + "\0"));
            hash.AppendData(length);
            int read;
            while ((read = stream.Read(buffer)) > 0)
                hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

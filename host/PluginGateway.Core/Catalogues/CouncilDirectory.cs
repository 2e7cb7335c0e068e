using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// The live councils. <see cref="Scan"/> looks at the council files and publishes a new snapshot when one changed; a bad edit keeps the
/// last good version live, and its errors are kept and logged.
/// </summary>
internal sealed class CouncilDirectory(IOptions<CouncilOptions> options, CouncilCheck check, ILogger<CouncilDirectory> log)
{
    private readonly Lock _changes = new();
    private readonly HashSet<string> _changedAdapters = new(StringComparer.Ordinal);
    private volatile CouncilSnapshot _current = CouncilSnapshot.Empty;

    public CouncilSnapshot Current => _current;

    /// <summary>Other plug-ins serve these adapters now: the next scan looks again at the councils that use them.</summary>
    public void MustCheck(IReadOnlyCollection<string> adapters)
    {
        lock (_changes)
            _changedAdapters.UnionWith(adapters);
    }

    /// <summary>Reads files that are new, changed or gone. Called at start and then by one watcher.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Scan()
    {
        var before = _current.Files;
        var changed = TakeChangedAdapters();
        var paths = Directory.Exists(options.Value.FullPath) ? Directory.GetFiles(options.Value.FullPath, "*.json") : [];

        // What is gone first: a file that was renamed is the same council under another path. And what was wrong may be right now that
        // another file has gone.
        var gone = before.Keys.Where(k => !paths.Contains(k)).ToList();
        var files = before.RemoveRange(gone);
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(path);
            var stamp = (info.Exists ? info.Length : 0, info.LastWriteTimeUtc);
            var known = files.GetValueOrDefault(path);
            if (known is null || known.Stamp != stamp || ((gone.Count > 0 || changed.Count > 0) && known.Errors.Count > 0) || Uses(known, changed))
                files = files.SetItem(path, Load(path, stamp, known, files));
        }

        if (ReferenceEquals(files, before))
            return false;

        foreach (var path in gone)
            log.CouncilRemoved(path);
        _current = new CouncilSnapshot(files);
        return true;
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

    /// <summary>A name belongs to one council: no second file may have it as its id or as an alias.</summary>
    private static IEnumerable<SettingsError> NamesOfOthers(ParsedCouncilFile reading, IEnumerable<LoadedCouncilFile> others) =>
        from name in (reading.Council?.Aliases ?? []).Append(reading.JurisdictionId).OfType<string>().Distinct(StringComparer.Ordinal)
        from other in others
        where other.Live is { } live && (live.JurisdictionId == name || live.Aliases.Contains(name, StringComparer.Ordinal))
        select new SettingsError
        {
            Path = name == reading.JurisdictionId ? "$.jurisdictionId" : "$.aliases",
            Message = $"{other.Path} already has \"{name}\"",
        };

    private LoadedCouncilFile Load(string path, (long, DateTime) stamp, LoadedCouncilFile? known, ImmutableDictionary<string, LoadedCouncilFile> files)
    {
        ParsedCouncilFile reading;
        try
        {
            reading = CouncilFileReader.Read(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Looked at again with the next scan.
            stamp = default;
            reading = new ParsedCouncilFile(null, null, [new SettingsError { Path = "$", Message = e.Message }]);
        }
#pragma warning disable CA1031 // One file must not keep the other councils from being read.
        catch (Exception e)
        {
            reading = new ParsedCouncilFile(null, null, [new SettingsError { Path = "$", Message = $"cannot be understood: {e.Message}" }]);
        }
#pragma warning restore CA1031

        var errors = reading.Errors.ToList();
        errors.AddRange(NamesOfOthers(reading, files.Values.Where(f => f.Path != path)));

        var readable = errors.Count == 0 ? reading.Council : null;
        if (readable is not null)
            errors.AddRange(check.Run(readable));

        // At the first reading a council whose adapter is missing or misconfigured goes live all the same: its reports are accepted and
        // wait. An edit that breaks something does not replace a version that works.
        var live = errors.Count == 0 ? readable : known?.Live ?? readable;
        foreach (var error in errors)
            log.CouncilFileError(Path.GetFileName(path), error.Path, error.Message);
        if (live is null)
            log.CouncilNotLive(Path.GetFileName(path));
        else if (ReferenceEquals(live, readable))
            log.CouncilLive(live.JurisdictionId, Path.GetFileName(path));
        else
            log.CouncilEditRefused(Path.GetFileName(path), live.JurisdictionId);

        return new LoadedCouncilFile { Path = path, Stamp = stamp, Live = live, Errors = errors };
    }
}

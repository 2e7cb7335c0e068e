using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Provides the live councils. <see cref="Scan"/> reads changed council files and publishes a new snapshot. After an invalid edit the last valid version
/// of the council stays live, and the errors are stored and logged.
/// </summary>
internal sealed class CouncilDirectory(IOptions<CouncilOptions> options, CouncilCheck check, ILogger<CouncilDirectory> log)
{
    private readonly Lock _changes = new();
    private readonly HashSet<string> _changedAdapters = new(StringComparer.Ordinal);
    private volatile CouncilSnapshot _current = CouncilSnapshot.Empty;

    public CouncilSnapshot Current => _current;

    /// <summary>Makes the next scan check the councils of these adapters again, because other plug-in generations now serve them.</summary>
    public void MustCheck(IReadOnlyCollection<string> adapters)
    {
        lock (_changes)
            _changedAdapters.UnionWith(adapters);
    }

    /// <summary>Processes new, changed and deleted files. Called at startup and then only by the watcher.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Scan()
    {
        var before = _current.Files;
        var changed = TakeChangedAdapters();
        var paths = Directory.Exists(options.Value.FullPath) ? Directory.GetFiles(options.Value.FullPath, "*.json") : [];

        // Deleted files are processed first, because a renamed file is the same council at another path. Their deletion can also resolve errors of
        // other files, for example a name that was used twice.
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

    /// <summary>Returns an error for each id or alias of the file that another council uses.</summary>
    private static IEnumerable<SettingsError> FindDuplicateNames(ParsedCouncilFile parsed, IEnumerable<LoadedCouncilFile> others) =>
        from name in (parsed.Council?.Aliases ?? []).Append(parsed.JurisdictionId).OfType<string>().Distinct(StringComparer.Ordinal)
        from other in others
        where other.Live is { } live && (live.JurisdictionId == name || live.Aliases.Contains(name, StringComparer.Ordinal))
        select new SettingsError
        {
            Path = name == parsed.JurisdictionId ? "$.jurisdictionId" : "$.aliases",
            Message = $"{other.Path} already uses the name \"{name}\"",
        };

    private LoadedCouncilFile Load(string path, (long, DateTime) stamp, LoadedCouncilFile? known, ImmutableDictionary<string, LoadedCouncilFile> files)
    {
        ParsedCouncilFile parsed;
        try
        {
            parsed = CouncilFileReader.Read(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The default stamp makes the next scan read the file again.
            stamp = default;
            parsed = new ParsedCouncilFile(null, null, [new SettingsError { Path = "$", Message = e.Message }]);
        }
#pragma warning disable CA1031 // An error in one file must not prevent the other files from being read.
        catch (Exception e)
        {
            parsed = new ParsedCouncilFile(null, null, [new SettingsError { Path = "$", Message = $"cannot be processed: {e.Message}" }]);
        }
#pragma warning restore CA1031

        var errors = parsed.Errors.ToList();
        errors.AddRange(FindDuplicateNames(parsed, files.Values.Where(f => f.Path != path)));

        var readable = errors.Count == 0 ? parsed.Council : null;
        if (readable is not null)
            errors.AddRange(check.Run(readable));
        else
            errors.AddRange(check.SettingsErrors(parsed));

        // When a file is read for the first time, a council whose adapter is missing or misconfigured still goes live: its reports are accepted and
        // wait. An invalid edit does not replace a valid version.
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

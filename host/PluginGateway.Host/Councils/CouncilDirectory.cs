using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Councils;

/// <summary>
/// The live councils. <see cref="Scan"/> looks at the council files and publishes a new snapshot when one changed; a bad edit keeps the
/// last good version live, and its mistakes are kept and logged.
/// </summary>
internal sealed class CouncilDirectory(IOptions<CouncilOptions> options, CouncilCheck check, ILogger<CouncilDirectory> log)
{
    private volatile CouncilSnapshot _current = CouncilSnapshot.Empty;

    public CouncilSnapshot Current => _current;

    /// <summary>Reads files that are new, changed or gone. Called at start and then by one watcher.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Scan()
    {
        var before = _current.Files;
        var paths = Directory.Exists(options.Value.FullPath) ? Directory.GetFiles(options.Value.FullPath, "*.json") : [];
        var files = before;
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(path);
            var stamp = (info.Exists ? info.Length : 0, info.LastWriteTimeUtc);
            var known = files.GetValueOrDefault(path);
            if (known is null || known.Stamp != stamp)
                files = files.SetItem(path, Load(path, stamp, known, files));
        }

        files = files.RemoveRange(files.Keys.Where(k => !paths.Contains(k)).ToList());
        if (ReferenceEquals(files, before))
            return false;

        foreach (var gone in before.Keys.Where(k => !files.ContainsKey(k)))
            log.CouncilRemoved(gone);
        _current = new CouncilSnapshot(files);
        return true;
    }

    private LoadedCouncilFile Load(string path, (long, DateTime) stamp, LoadedCouncilFile? known, ImmutableDictionary<string, LoadedCouncilFile> files)
    {
        CouncilReading reading;
        try
        {
            reading = CouncilFileReader.Read(File.ReadAllBytes(path));
        }
        catch (IOException e)
        {
            reading = new CouncilReading(null, null, [new SettingsMistake { Path = "$", Message = e.Message }]);
        }

        var mistakes = reading.Mistakes.ToList();
        var other = reading.JurisdictionId is null ? null : files.Values.FirstOrDefault(f => f.Path != path && f.Live?.JurisdictionId == reading.JurisdictionId);
        if (other is not null)
            mistakes.Add(new SettingsMistake { Path = "$.jurisdictionId", Message = $"{other.Path} already has \"{reading.JurisdictionId}\"" });

        var readable = mistakes.Count == 0 ? reading.Council : null;
        if (readable is not null)
            mistakes.AddRange(check.Run(readable));

        // At the first reading a council whose adapter is missing or misconfigured goes live all the same: its reports are accepted and
        // wait. An edit that breaks something does not replace a version that works.
        var live = mistakes.Count == 0 ? readable : known?.Live ?? readable;
        foreach (var mistake in mistakes)
            log.CouncilFileMistake(Path.GetFileName(path), mistake.Path, mistake.Message);
        if (live is null)
            log.CouncilNotLive(Path.GetFileName(path));
        else if (ReferenceEquals(live, readable))
            log.CouncilLive(live.JurisdictionId, Path.GetFileName(path));
        else
            log.CouncilEditRefused(Path.GetFileName(path), live.JurisdictionId);

        return new LoadedCouncilFile { Path = path, Stamp = stamp, Live = live, Mistakes = mistakes };
    }
}

using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Catalogues;

/// <summary>Reads and checks one council file, and decides which version of it is live.</summary>
internal sealed class CouncilFileLoader(CouncilCheck check, SettingsSubstitution settings, TimeProvider time)
{
    private static readonly TimeSpan FirstRecheck = TimeSpan.FromSeconds(5);

    /// <summary>A check that hangs blocks a thread, so an adapter that always hangs is called ever less often.</summary>
    private static readonly TimeSpan LongestRecheck = TimeSpan.FromHours(1);

    /// <summary>Whether a file that has not changed must be read again: it is due, or a secret in its settings has changed.</summary>
    public bool MustReload(LoadedCouncilFile file) =>
        file.CheckAt <= time.GetUtcNow() || (file.Live is { } live && !ReferenceEquals(live, WithSecrets(live)));

    /// <summary>Reads a file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="stamp">The stamp of its current version.</param>
    /// <param name="known">The file as it was read before; null at first.</param>
    /// <param name="others">The other files, whose councils must not have the same names.</param>
    /// <returns>The file and its content; the content is empty if the file could not be read.</returns>
    public (LoadedCouncilFile File, byte[] Content) Load(string path, FileStamp stamp, LoadedCouncilFile? known, IEnumerable<LoadedCouncilFile> others)
    {
        var (parsed, content) = Read(path);
        var errors = parsed.Errors.ToList();
        errors.AddRange(FindDuplicateNames(parsed, others));

        var readable = errors.Count == 0 ? parsed.Council : null;
        IReadOnlyList<string> unfinished = [];
        if (readable is not null)
        {
            var result = check.Run(readable);
            errors.AddRange(result.Errors);
            unfinished = result.Unfinished;
        }
        else
        {
            errors.AddRange(check.SettingsErrors(parsed));
        }

        // When a file is read for the first time, a council whose adapter is missing or misconfigured still goes live: its reports are accepted and
        // wait. An invalid edit does not replace a valid version, and neither does one that could not be checked completely.
        var isCurrent = readable is not null && ((errors.Count == 0 && unfinished.Count == 0) || known?.Live is null || known.Live.Hash == readable.Hash);
        var live = isCurrent ? readable : known?.Live;
        var file = new LoadedCouncilFile
        {
            Path = path,
            Stamp = content is null ? null : stamp,
            Live = live is null ? null : WithSecrets(live),
            Errors = errors,
            JurisdictionId = parsed.JurisdictionId,
            Unfinished = unfinished,
            IsOutdated = live is not null && !isCurrent,
            Restored = isCurrent ? null : known?.Restored,
        };
        // A file that cannot be read is read again soon: somebody may correct its permissions, which does not change the file.
        if (content is null)
            return (file with { CheckAt = time.GetUtcNow() + FirstRecheck }, []);
        return (unfinished.Count > 0 ? CheckLater(file, known) : file, content);
    }

    /// <summary>Returns a file that will be read again although it has not changed; the delay doubles each time.</summary>
    public LoadedCouncilFile CheckLater(LoadedCouncilFile file, LoadedCouncilFile? known)
    {
        var delay = known?.CheckAt is null || (known.Stamp is not null && known.Stamp != file.Stamp) ? FirstRecheck : known.CheckDelay * 2;
        delay = delay < LongestRecheck ? delay : LongestRecheck;
        return file with { CheckDelay = delay, CheckAt = time.GetUtcNow() + delay };
    }

    /// <summary>Returns a council that was read from the database, for a file that cannot be used; null if it cannot be used either.</summary>
    public Council? Restore(byte[] content, LoadedCouncilFile file, IEnumerable<LoadedCouncilFile> others) =>
        CouncilFileReader.Read(content) is { Council: { } council } parsed
        && (file.JurisdictionId is null || file.JurisdictionId == council.JurisdictionId)
        && !FindDuplicateNames(parsed, others).Any()
            ? WithSecrets(council)
            : null;

    private Council WithSecrets(Council council) => council.WithSecrets(settings.VersionOfSecrets);

    private static (ParsedCouncilFile Parsed, byte[]? Content) Read(string path)
    {
        if (SpecialFile.KindOf(path) is { } kind)
            return (new ParsedCouncilFile(null, null, [new SettingsError { Path = "$", Message = $"is a {kind}, not a file" }]), null);
        try
        {
            var content = File.ReadAllBytes(path);
            return (CouncilFileReader.Read(content), content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (new ParsedCouncilFile(null, null, [new SettingsError { Path = "$", Message = e.Message }]), null);
        }
#pragma warning disable CA1031 // An error in one file must not prevent the other files from being read.
        catch (Exception e)
        {
            return (new ParsedCouncilFile(null, null, [new SettingsError { Path = "$", Message = $"cannot be processed: {e.Message}" }]), []);
        }
#pragma warning restore CA1031
    }

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
}

using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Catalogues;

/// <summary>A council file with its live version and the errors of its latest version.</summary>
internal sealed record LoadedCouncilFile
{
    public required string Path { get; init; }

    /// <summary>Identifies the version of the file that was read last; null if the file could not be read.</summary>
    public required FileStamp? Stamp { get; init; }

    public required Council? Live { get; init; }

    public required IReadOnlyList<SettingsError> Errors { get; init; }

    /// <summary>The council that the file describes; null if the file could not be parsed.</summary>
    public string? JurisdictionId { get; init; }

    /// <summary>The back ends whose check did not finish in time. This is not an error in the file.</summary>
    public IReadOnlyList<string> Unfinished { get; init; } = [];

    /// <summary>Whether the live version is an earlier one, because the file has errors or could not be checked completely.</summary>
    public bool IsOutdated { get; init; }

    /// <summary>When the version that was restored from the database was stored; null if the live version was read from the file.</summary>
    public DateTimeOffset? Restored { get; init; }

    /// <summary>When the file is read again although it has not changed; null if that would change nothing.</summary>
    public DateTimeOffset? CheckAt { get; init; }

    /// <summary>The time between the last two checks of an unchanged file.</summary>
    public TimeSpan CheckDelay { get; init; }

    /// <summary>Whether the live version is the file's current one, without errors and completely checked.</summary>
    public bool IsValid => Live is not null && !IsOutdated && Restored is null && Errors.Count == 0 && Unfinished.Count == 0;

    /// <summary>Whether the log already describes this state.</summary>
    public bool LooksLike(LoadedCouncilFile other) =>
        Live?.Hash == other.Live?.Hash && IsOutdated == other.IsOutdated && Restored == other.Restored
        && Errors.Select(e => e.ToString()).SequenceEqual(other.Errors.Select(e => e.ToString())) && Unfinished.SequenceEqual(other.Unfinished);
}

using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Councils;

/// <summary>A council as the gateway uses it. Immutable: a changed file creates a new instance.</summary>
internal sealed record Council
{
    public required string JurisdictionId { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    public required TimeZoneInfo TimeZone { get; init; }

    public required AnswerMode Mode { get; init; }

    public required TimeSpan AnswerWithin { get; init; }

    public required WhenSlow WhenSlow { get; init; }

    /// <summary>The back end that all reports are sent to; null if each report is sent to the owner of its service.</summary>
    public required BackEnd? SendMethod { get; init; }

    public required FrozenDictionary<string, BackEnd> BackEnds { get; init; }

    /// <summary>The names of the back ends that publish services; null for all back ends with a catalogue.</summary>
    public required IReadOnlyList<string>? Catalogue { get; init; }

    public required IReadOnlyList<ServiceFile> Services { get; init; }

    /// <summary>The rules for copies of reports.</summary>
    public required CopyRules Copies { get; init; }

    public required IReadOnlyList<ExampleFile> Examples { get; init; }

    public required BoundsFile? Bounds { get; init; }

    public required bool KeyForReads { get; init; }

    /// <summary>The SHA-256 hash of the file.</summary>
    public required string Hash { get; init; }

    /// <summary>Returns the council with the current versions of its secrets: this instance if they have not changed.</summary>
    public Council WithSecrets(Func<BackEnd, string> version)
    {
        var changed = BackEnds.Values.Where(b => b.SecretNames.Count > 0 && b.SecretsVersion != version(b)).ToList();
        if (changed.Count == 0)
            return this;

        var backEnds = BackEnds.Values.Select(b => changed.Contains(b) ? b with { SecretsVersion = version(b) } : b)
            .ToFrozenDictionary(b => b.Name, StringComparer.Ordinal);
        return this with { BackEnds = backEnds, SendMethod = SendMethod is null ? null : backEnds[SendMethod.Name] };
    }
}

/// <summary>A council's configured use of an adapter.</summary>
internal sealed record BackEnd
{
    public required string Council { get; init; }

    public required string CouncilName { get; init; }

    public required TimeZoneInfo TimeZone { get; init; }

    public required string Name { get; init; }

    public required string Adapter { get; init; }

    public required string Prefix { get; init; }

    /// <summary>The settings as configured: <c>${secret:…}</c> and <c>${self}</c> are not substituted.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>The maximum number of concurrent calls; null if the council file specifies none.</summary>
    public required int? Limit { get; init; }

    /// <summary>The maximum number of calls per minute; null if the council file specifies none.</summary>
    public int? Rate { get; init; }

    /// <summary>Whether this is a mailbox for copies, created from <c>alsoSend</c>. Reports cannot be routed to it.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Whether copies are sent even while the council is paused.</summary>
    public bool EvenIfPaused { get; init; }

    /// <summary>The time limit of one call; null if the council file specifies none.</summary>
    public required TimeSpan? AttemptWithin { get; init; }

    public required IdempotencySupport? Repeat { get; init; }

    public required Regex? IdPattern { get; init; }

    /// <summary>The folder that the council puts files into; null if there is none.</summary>
    public WatchedFolder? Folder { get; init; }

    /// <summary>The hash of the council file.</summary>
    public required string FileHash { get; init; }

    /// <summary>The names of the secrets in the settings.</summary>
    public IReadOnlyList<string> SecretNames { get; init; } = [];

    /// <summary>Identifies the current values of these secrets on this host, without containing them.</summary>
    public string SecretsVersion { get; init; } = "";

    /// <summary>Identifies the settings with the values of their secrets. The adapter is created again when it changes.</summary>
    public string SettingsVersion => SecretsVersion.Length == 0 ? FileHash : $"{FileHash} {SecretsVersion}";

    /// <summary>Identifies the back end among those of all councils.</summary>
    public string Key => $"{Council}/{Name}";

    /// <summary>Returns an id or code as the back end uses it, without the prefix.</summary>
    public string WithoutPrefix(string id) => id.StartsWith(Prefix, StringComparison.Ordinal) ? id[Prefix.Length..] : id;
}

/// <summary>A folder that a council puts files into, and whether files are removed once they are stored.</summary>
internal sealed record WatchedFolder(string Path, bool Remove);

using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Councils;

/// <summary>A council, as the gateway works with it. Immutable: an edited file makes another one.</summary>
internal sealed record Council
{
    public required string JurisdictionId { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    public required TimeZoneInfo TimeZone { get; init; }

    public required AnswerMode Mode { get; init; }

    public required TimeSpan AnswerWithin { get; init; }

    public required WhenSlow WhenSlow { get; init; }

    /// <summary>The back end that reports go through first of all; null when each goes to its owner.</summary>
    public required BackEnd? SendMethod { get; init; }

    public required FrozenDictionary<string, BackEnd> BackEnds { get; init; }

    /// <summary>Who publishes services, by name of back end; null for everybody with a catalogue.</summary>
    public required IReadOnlyList<string>? Catalogue { get; init; }

    public required IReadOnlyList<ServiceFile> Services { get; init; }

    /// <summary>Who else gets which reports.</summary>
    public required CopyRules Copies { get; init; }

    public required IReadOnlyList<ExampleFile> Examples { get; init; }

    public required BoundsFile? Bounds { get; init; }

    public required bool KeyForReads { get; init; }

    /// <summary>SHA-256 of the file.</summary>
    public required string Hash { get; init; }
}

/// <summary>One configured use of an adapter by a council.</summary>
internal sealed record BackEnd
{
    public required string Council { get; init; }

    public required string CouncilName { get; init; }

    public required TimeZoneInfo TimeZone { get; init; }

    public required string Name { get; init; }

    public required string Adapter { get; init; }

    public required string Prefix { get; init; }

    /// <summary>As written: <c>${secret:…}</c> and <c>${self}</c> are not filled in.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>Calls in progress at the same time; null if the council file states none.</summary>
    public required int? Limit { get; init; }

    /// <summary>Calls per minute; null if the council file states none.</summary>
    public int? Rate { get; init; }

    /// <summary>A mailbox for copies, made from <c>alsoSend</c>: not one that reports can be routed to.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Copies that go while the council is paused too.</summary>
    public bool EvenIfPaused { get; init; }

    /// <summary>The time allowed for one call; null if the council file states none.</summary>
    public required TimeSpan? AttemptWithin { get; init; }

    public required IdempotencySupport? Repeat { get; init; }

    public required Regex? IdPattern { get; init; }

    /// <summary>A folder that the council drops files into.</summary>
    public WatchedFolder? Folder { get; init; }

    /// <summary>Changes with every edit of the council's file: an adapter made from another version is made again.</summary>
    public required string FileHash { get; init; }

    /// <summary>Names the back end among all of all councils.</summary>
    public string Key => $"{Council}/{Name}";

    /// <summary>An id or code as the back end itself knows it.</summary>
    public string WithoutPrefix(string id) => id.StartsWith(Prefix, StringComparison.Ordinal) ? id[Prefix.Length..] : id;
}

/// <summary>A folder that a council drops files into, and whether they are removed once they are stored.</summary>
internal sealed record WatchedFolder(string Path, bool Remove);

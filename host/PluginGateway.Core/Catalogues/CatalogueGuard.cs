using PluginGateway.Contracts;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Decides which services of a reading are published. Clients delete the categories that are missing from a list, so a service that
/// vanishes stays until three readings, an hour apart, agree, and then goes only if few go at once; more needs a person's word.
/// </summary>
internal static class CatalogueGuard
{
    public const int ReadingsThatMustAgree = 3;

    public static readonly TimeSpan Apart = TimeSpan.FromHours(1);

    public static CatalogueState Read(CatalogueState? before, IReadOnlyList<Service> reading, DateTimeOffset now)
    {
        var codes = reading.Select(s => s.Code).ToHashSet(StringComparer.Ordinal);
        var vanished = before?.Served.Where(s => !codes.Contains(s.Code)).ToList() ?? [];
        if (vanished.Count == 0)
            return new CatalogueState { Served = reading, Fetched = now };

        // Never an empty list in place of one that was not: no council drops everything it does.
        var agrees = before!.Missing.SetEquals(vanished.Select(s => s.Code));
        var seen = !agrees ? 1 : now - before.Seen >= Apart ? before.Readings + 1 : before.Readings;
        var few = vanished.Count <= Math.Max(1, before.Served.Count / 10) && reading.Count > 0;
        if (agrees && few && seen >= ReadingsThatMustAgree)
            return new CatalogueState { Served = reading, Fetched = now };

        return new CatalogueState
        {
            Served = [.. reading, .. vanished],
            Fetched = now,
            Missing = vanished.Select(s => s.Code).ToHashSet(StringComparer.Ordinal),
            Readings = seen,
            Seen = seen == before.Readings && agrees ? before.Seen : now,
        };
    }

    /// <summary>An operator accepts that the missing services are gone.</summary>
    public static CatalogueState Accept(CatalogueState state) =>
        new() { Served = [.. state.Served.Where(s => !state.Missing.Contains(s.Code))], Fetched = state.Fetched };
}

/// <summary>What is published of one back end's catalogue.</summary>
internal sealed record CatalogueState
{
    public required IReadOnlyList<Service> Served { get; init; }

    public required DateTimeOffset Fetched { get; init; }

    /// <summary>Codes that are still served and were missing from the last reading.</summary>
    public IReadOnlySet<string> Missing { get; init; } = new HashSet<string>();

    /// <summary>How many readings, an hour apart, agreed on what is missing.</summary>
    public int Readings { get; init; }

    /// <summary>When the last of those was.</summary>
    public DateTimeOffset Seen { get; init; }
}

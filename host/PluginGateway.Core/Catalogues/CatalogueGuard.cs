using PluginGateway.Contracts;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Decides which services are published after a catalogue has been read. Clients delete the categories that are missing from a list. A missing service
/// therefore remains published until three readings, at least an hour apart, agree, and is then removed only if few are missing. If more are missing,
/// an operator must confirm their removal.
/// </summary>
internal static class CatalogueGuard
{
    public const int ReadingsThatMustAgree = 3;

    public static readonly TimeSpan MinInterval = TimeSpan.FromHours(1);

    public static CatalogueState Merge(CatalogueState? before, IReadOnlyList<Service> reading, DateTimeOffset now)
    {
        var codes = reading.Select(s => s.Code).ToHashSet(StringComparer.Ordinal);
        var vanished = before?.Served.Where(s => !codes.Contains(s.Code)).ToList() ?? [];
        if (vanished.Count == 0)
            return new CatalogueState { Served = reading, Fetched = now };

        var agrees = before!.Missing.SetEquals(vanished.Select(s => s.Code));
        var readings = !agrees ? 1 : now - before.Seen >= MinInterval ? before.Readings + 1 : before.Readings;
        // An empty list never replaces one with services, because no council withdraws all its services.
        var few = vanished.Count <= Math.Max(1, before.Served.Count / 10) && reading.Count > 0;
        if (agrees && few && readings >= ReadingsThatMustAgree)
            return new CatalogueState { Served = reading, Fetched = now };

        return new CatalogueState
        {
            Served = [.. reading, .. vanished],
            Fetched = now,
            Missing = vanished.Select(s => s.Code).ToHashSet(StringComparer.Ordinal),
            Readings = readings,
            Seen = readings == before.Readings && agrees ? before.Seen : now,
        };
    }

    /// <summary>Removes the missing services after an operator has confirmed it.</summary>
    public static CatalogueState Accept(CatalogueState state) =>
        new() { Served = [.. state.Served.Where(s => !state.Missing.Contains(s.Code))], Fetched = state.Fetched };
}

/// <summary>The published catalogue of one back end.</summary>
internal sealed record CatalogueState
{
    public required IReadOnlyList<Service> Served { get; init; }

    public required DateTimeOffset Fetched { get; init; }

    /// <summary>The codes that are still published although they were missing from the last reading.</summary>
    public IReadOnlySet<string> Missing { get; init; } = new HashSet<string>();

    /// <summary>The number of readings, at least an hour apart, that agreed on the missing codes.</summary>
    public int Readings { get; init; }

    /// <summary>The time of the last of these readings.</summary>
    public DateTimeOffset Seen { get; init; }
}

using System.Globalization;
using Dapper;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Queries;

/// <summary>
/// Finds reports, newest first, one page at a time. Unsent reports are found through indexes that contain only those, other reports through the index
/// on their time or through their search terms. The rows of a page are selected before their other columns are read.
/// </summary>
internal sealed class ReportSearch(IDatabase database, CouncilDirectory directory)
{
    public const int PageSize = 50;
    private const int MaxWords = 10;
    private const int MaxCouncils = 100;

    /// <summary>A report's id contains its time only approximately.</summary>
    private static readonly TimeSpan IdTolerance = TimeSpan.FromHours(1);

    private const string Columns = """
        x.id AS Id, d.report_id AS ReportId, COALESCE(r.public_id, r.own_id, '') AS Report, COALESCE(r.own_id, '') AS OwnId, l.council AS Council,
        l.backend AS BackEnd, COALESCE(r.service_code, '') AS Service, d.kind AS Kind, d.state AS State, d.hold AS Hold, d.attempts AS Attempts,
        d.created AS Created, d.due AS Due, d.cause AS Cause
        """;

    /// <summary>Reads the columns of the found rows.</summary>
    private const string Shown =
        "CROSS JOIN delivery d CROSS JOIN lane l LEFT JOIN report r ON r.id = d.report_id WHERE d.id = x.id AND l.id = d.lane_id ORDER BY x.id DESC";

    /// <summary>
    /// Joins each report with the delivery of its latest content. CROSS JOIN fixes SQLite's join order; the planner would otherwise start from a full scan.
    /// </summary>
    private const string Latest = "CROSS JOIN delivery d CROSS JOIN lane l";

    /// <summary>Deliveries that are being sent; few at any time, over all lanes.</summary>
    private const string BeingSent = $"d.id IN (SELECT s.id FROM delivery s WHERE s.state = {States.Sending} AND s.lease_until > 0)";

    /// <summary>The arithmetic, here and on the state, keeps SQLite from building an automatic index of all deliveries for an equality.</summary>
    private const string OfLatest = "l.id = d.lane_id AND d.id BETWEEN r.id AND r.id + 255 AND d.revision - r.revision = 0";

    private const string Cancelled = $"d.state = {States.Cancelled}";

    /// <summary>The groups of unfinished deliveries, each with a separate index.</summary>
    private static readonly (string Where, DeliveryState[] States)[] Parts =
    [
        ($"d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent} AND d.hold = {Holds.None}",
            [DeliveryState.Pending, DeliveryState.Retrying, DeliveryState.Unknown]),
        ($"d.hold > {Holds.None} AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}",
            [DeliveryState.Pending, DeliveryState.Retrying, DeliveryState.Unknown]),
        (BeingSent, [DeliveryState.Sending]),
        ($"d.state IN ({States.Held}, {States.Failed})", [DeliveryState.Held, DeliveryState.Failed]),
    ];

    /// <summary>Returns the reports that match a filter.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="actor">The account that searches.</param>
    /// <param name="before">Only deliveries with a lower id than this; null for the newest.</param>
    /// <param name="max">The maximum number of rows.</param>
    /// <param name="ct">Cancels the search.</param>
    public async Task<List<FoundReport>> ListAsync(SearchFilter filter, Actor actor, long? before, int max, CancellationToken ct)
    {
        // Words and services are indexed per council. Councils without a council file are searched too.
        IReadOnlyList<string> names = filter.Council is { Length: > 0 } one ? [one]
            : !actor.SeesAll ? actor.Councils
            : [.. directory.Current.Councils.Select(c => c.JurisdictionId)
                .Union(await database.ReadAsync(db => db.ListAsync<string>("SELECT DISTINCT council FROM lane"), ct), StringComparer.Ordinal)];
        var words = ReportTerms.Words(filter.Text ?? "").Take(MaxWords).ToList();
        if (names.Count == 0 || (words.Count == 0 && filter.Text is { Length: > 0 }))
            return [];

        if (filter is { States: StateFilter.Sent, Cause.Length: > 0 })
            return [];

        // Services and back ends of sent reports are also found by terms. The few unsent ones are filtered by their columns, which are always up to date.
        var isByTerm = filter.Cause is not { Length: > 0 } && filter.States is StateFilter.All or StateFilter.Sent;
        var found = new List<FoundReport>();
        foreach (var group in Groups(names, !actor.SeesAll || words.Count > 0 || (isByTerm && Codes("", filter).Any())))
        {
            var terms = group.Select(c => words.Select(w => ReportTerms.OfWord(c, w)).Concat(isByTerm ? Codes(c, filter) : []).ToList()).ToList();
            found.AddRange(await ListAsync(filter, actor.SeesAll ? actor : actor with { Councils = group }, before, max, terms, ct));
        }

        return [.. found.OrderByDescending(r => r.Id).Take(max)];
    }

    /// <summary>
    /// Splits the councils into the groups that are searched separately, because the number of parameters and of subqueries in a statement is limited. All are
    /// one group if the statement does not depend on them.
    /// </summary>
    private static IEnumerable<string[]> Groups(IReadOnlyList<string> councils, bool areInStatement) =>
        areInStatement ? councils.Chunk(MaxCouncils) : [[.. councils]];

    private async Task<List<FoundReport>> ListAsync(
        SearchFilter filter, Actor actor, long? before, int max, List<List<long>> terms, CancellationToken ct)
    {
        var behind = (before ?? long.MaxValue) & ~(ReportIds.MaxRevisions - 1L);
        var parameters = new DynamicParameters(new
        {
            filter.Council,
            filter.BackEnd,
            filter.Service,
            filter.Cause,
            filter.From,
            filter.To,
            councils = actor.Councils,
            before,
            max,
            behind,
            since = filter.From > 0 ? ReportIds.First(UnixTime.At(filter.From) - IdTolerance) : 0,
            until = filter.To > 0 ? Math.Min(behind, ReportIds.First(UnixTime.At(filter.To) + IdTolerance)) : behind,
        });
        return await database.ReadAsync(db => db.ListAsync<FoundReport>(Statement(db.Dialect, filter, actor, before, terms, parameters), parameters), ct);
    }

    private static IEnumerable<long> Codes(string council, SearchFilter filter)
    {
        if (filter.Service is { Length: > 0 } code)
            yield return ReportTerms.OfService(council, code);
        if (filter.BackEnd is { Length: > 0 } backEnd)
            yield return ReportTerms.OfBackEnd(council, backEnd);
    }

    private static string Statement(ISqlDialect dialect, SearchFilter filter, Actor actor, long? before, List<List<long>> terms, DynamicParameters parameters)
    {
        string Waiting(string where) => Deliveries(dialect, where, filter, actor, before, terms, parameters);
        var parts = filter.States switch
        {
            // Sent deliveries have no cause, except for updates that were skipped.
            StateFilter.All when filter.Cause is { Length: > 0 } => [.. Parts.Select(p => Waiting(p.Where)), Waiting(Cancelled)],
            StateFilter.All or StateFilter.Sent when terms.Exists(t => t.Count > 0) =>
                [.. terms.Select((t, n) => ByTerm(dialect, filter, actor, t, n, parameters))],
            StateFilter.All or StateFilter.Sent when filter.Council is { Length: > 0 } one => [OfCouncil(dialect, filter, before, one, 0, parameters)],
            StateFilter.All or StateFilter.Sent when !actor.SeesAll =>
                [.. actor.Councils.Select((c, n) => OfCouncil(dialect, filter, before, c, n, parameters))],
            StateFilter.All or StateFilter.Sent => [Reports(dialect, filter)],
            StateFilter.Cancelled => [Waiting(Cancelled)],
            StateFilter.Retrying or StateFilter.Unknown => [Waiting($"d.state IN ({States.Retrying}, {States.Unknown})")],
            _ => Parts.Where(p => filter.State is not { } state || p.States.Contains(state)).Select(p => Waiting(p.Where)).ToArray(),
        };
        var found = string.Join(" UNION ALL ", parts.Select((p, n) => string.Create(CultureInfo.InvariantCulture, $"SELECT id FROM ({p}) p{n}")));
        return $"SELECT {Columns} FROM (SELECT id FROM ({found}) f ORDER BY id DESC {dialect.Page("0", "@max")}) x {Shown}";
    }

    /// <summary>Selects deliveries of all kinds by their state.</summary>
    private static string Deliveries(
        ISqlDialect dialect, string where, SearchFilter filter, Actor actor, long? before, List<List<long>> terms, DynamicParameters parameters)
    {
        var conditions = Common(filter, before, "d.created");
        if (filter.Council is { Length: > 0 })
            conditions.Add("l.council = @Council");
        else if (!actor.SeesAll)
            conditions.Add("l.council IN @councils");
        if (filter.State is { } state)
            conditions.Add(string.Create(CultureInfo.InvariantCulture, $"d.state = {(int)state}"));
        // Each word has one term per council; the row determines which one applies.
        for (var i = 0; i < terms.Select(t => t.Count).DefaultIfEmpty().Max(); i++)
        {
            conditions.Add(
                string.Create(CultureInfo.InvariantCulture, $"EXISTS (SELECT 1 FROM report_term t WHERE t.term IN @word{i} AND t.report_id = d.report_id)"));
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"word{i}"), terms.ConvertAll(t => t[i]));
        }

        var from = where == BeingSent ? "delivery d CROSS JOIN lane l" : "lane l CROSS JOIN delivery d";
        var report = filter.Service is { Length: > 0 } ? "LEFT JOIN report r ON r.id = d.report_id " : "";
        return
            $"""
            SELECT d.id FROM {from} {report}WHERE d.lane_id = l.id AND {string.Join(" AND ", conditions.Prepend(where))}
            ORDER BY d.id DESC {dialect.Page("0", "@max")}
            """;
    }

    /// <summary>Selects reports of all councils by their latest content, in the order of their keys.</summary>
    private static string Reports(ISqlDialect dialect, SearchFilter filter) =>
        Ordered(dialect, $"FROM report r {Latest}", [.. ReportConditions(filter), "r.id >= @since", "r.id < @until"], "r.id DESC");

    /// <summary>Selects reports of one council, in the order in which they were received.</summary>
    private static string OfCouncil(ISqlDialect dialect, SearchFilter filter, long? before, string council, int number, DynamicParameters parameters)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"council{number}");
        parameters.Add(name, council);
        var conditions = ReportConditions(filter);
        conditions.Add($"r.council = @{name}");
        if (before is not null)
            conditions.Add("r.id < @behind");
        // Starts where the previous page ended; otherwise every page would scan the index from its beginning.
        if (before is not null)
            conditions.Add("r.received <= COALESCE((SELECT p.received FROM report p WHERE p.id = @behind), 9223372036854775807)");

        return Ordered(dialect, $"FROM report r {Latest}", conditions, "r.received DESC, r.id DESC");
    }

    /// <summary>Selects reports of one council that contain all terms, in the order of the term index.</summary>
    private static string ByTerm(ISqlDialect dialect, SearchFilter filter, Actor actor, List<long> terms, int number, DynamicParameters parameters)
    {
        List<string> conditions = [.. ReportConditions(filter), "t.report_id >= @since", "t.report_id < @until"];
        if (!actor.SeesAll)
            conditions.Add("r.council IN @councils");
        for (var i = 0; i < terms.Count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"term{number}_{i}");
            conditions.Add(i == 0 ? $"t.term = @{name}" : $"EXISTS (SELECT 1 FROM report_term o WHERE o.term = @{name} AND o.report_id = t.report_id)");
            parameters.Add(name, terms[i]);
        }

        return Ordered(dialect, $"FROM report_term t JOIN report r ON r.id = t.report_id {Latest}", conditions, "t.report_id DESC");
    }

    /// <summary>Builds a subquery that reads at most one page of rows in its order.</summary>
    private static string Ordered(ISqlDialect dialect, string from, List<string> conditions, string order) =>
        $"SELECT d.id {from} WHERE {string.Join(" AND ", conditions)} ORDER BY {order} {dialect.Page("0", "@max")}";

    private static List<string> ReportConditions(SearchFilter filter)
    {
        // Rows are identified by delivery ids; a report's id is the lowest of its possible delivery ids.
        var all = Common(filter, null, "r.received");
        all.Add(OfLatest);
        if (filter.States == StateFilter.Sent)
            all.Add("d.state + 0 = 2");
        return all;
    }

    private static List<string> Common(SearchFilter filter, long? before, string time)
    {
        var all = new List<string>();
        if (filter.BackEnd is { Length: > 0 })
            all.Add("l.backend = @BackEnd");
        if (filter.Service is { Length: > 0 })
            all.Add("r.service_code = @Service");
        if (filter.Cause is { Length: > 0 })
            all.Add("d.cause = @Cause");
        if (filter.From > 0)
            all.Add($"{time} >= @From");
        if (filter.To > 0)
            all.Add($"{time} < @To");
        if (before is not null)
            all.Add("d.id < @before");
        return all;
    }
}

/// <summary>A filter of reports; empty or 0 for all.</summary>
internal sealed record SearchFilter
{
    /// <summary>Words that must all occur in the description or address.</summary>
    public string? Text { get; init; }

    public string? Council { get; init; }

    public string? BackEnd { get; init; }

    public string? Service { get; init; }

    public StateFilter States { get; init; }

    public string? Cause { get; init; }

    public long From { get; init; }

    public long To { get; init; }

    /// <summary>The state to search for; null for several states.</summary>
    public DeliveryState? State => Enum.TryParse<DeliveryState>(States.ToString(), out var one) ? one : null;
}

/// <summary>A state of deliveries, or several states.</summary>
internal enum StateFilter
{
    All,
    Unsent,
    Pending,
    Sending,
    Retrying,
    Unknown,
    Held,
    Failed,
    Sent,
    Cancelled,
}

/// <summary>A row of the list. It contains no text written by reporters.</summary>
internal sealed class FoundReport : DeliveryRow
{
    public long ReportId { get; init; }

    public string OwnId { get; init; } = "";

    public string Address => OwnId.Length > 0 ? $"/admin/reports/{OwnId}" : $"/admin/reports/%23{Id}";
}

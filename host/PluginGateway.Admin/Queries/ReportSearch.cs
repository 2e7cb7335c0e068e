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
/// Finds reports, the newest first, a page at a time. What is not sent is found by the indexes that hold only that; the rest by the reports' own
/// order of time, or by their terms. Which rows a page has is settled before anything else is read of them.
/// </summary>
internal sealed class ReportSearch(IDatabase database, CouncilDirectory directory)
{
    public const int PageSize = 50;
    private const int MaxWords = 10;

    /// <summary>The id of a report says when it came, if not to the moment.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    private const string Columns = """
        x.id AS Id, d.report_id AS ReportId, COALESCE(r.public_id, r.own_id, '') AS Report, COALESCE(r.own_id, '') AS OwnId, l.council AS Council,
        l.backend AS BackEnd, COALESCE(r.service_code, '') AS Service, d.kind AS Kind, d.state AS State, d.hold AS Hold, d.tries AS Tries,
        d.created AS Created, d.due AS Due, d.cause AS Cause
        """;

    /// <summary>A page of rows that were found, with what is shown of them.</summary>
    private const string Shown =
        "CROSS JOIN delivery d CROSS JOIN lane l LEFT JOIN report r ON r.id = d.report_id WHERE d.id = x.id AND l.id = d.lane_id ORDER BY x.id DESC";

    /// <summary>
    /// Each report with the delivery of its latest content. CROSS keeps SQLite from beginning at another end, where it would have to look at all.
    /// </summary>
    private const string Latest = "CROSS JOIN delivery d CROSS JOIN lane l";

    /// <summary>Few at any time, of all lanes together.</summary>
    private const string BeingSent = $"d.id IN (SELECT s.id FROM delivery s WHERE s.state = {States.Sending} AND s.lease_until > 0)";

    /// <summary>Sums and differences, here and of the state, because an equality would have SQLite make an index of all deliveries by that first.</summary>
    private const string OfLatest = "l.id = d.lane_id AND d.id BETWEEN r.id AND r.id + 255 AND d.revision - r.revision = 0";

    private const string Cancelled = $"d.state = {States.Cancelled}";

    /// <summary>The parts of what is not at its end, each with its own index.</summary>
    private static readonly (string Where, DeliveryState[] States)[] Parts =
    [
        ($"d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent} AND d.hold = {Holds.None}",
            [DeliveryState.Pending, DeliveryState.Retrying, DeliveryState.Unknown]),
        ($"d.hold > {Holds.None} AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}",
            [DeliveryState.Pending, DeliveryState.Retrying, DeliveryState.Unknown]),
        (BeingSent, [DeliveryState.Sending]),
        ($"d.state IN ({States.Held}, {States.Failed})", [DeliveryState.Held, DeliveryState.Failed]),
    ];

    /// <summary>Reports that fit.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="before">Continues behind the one with this number.</param>
    /// <param name="most">The most to give.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<List<FoundReport>> ListAsync(SearchFilter filter, Actor actor, long? before, int most, CancellationToken ct)
    {
        // Words and services are found by council: each has its own terms. Also those whose file has gone.
        IReadOnlyList<string> names = filter.Council is { Length: > 0 } one ? [one]
            : !actor.SeesAll ? actor.Councils
            : [.. directory.Current.Councils.Select(c => c.JurisdictionId)
                .Union(await database.ReadAsync(db => db.ListAsync<string>("SELECT DISTINCT council FROM lane"), ct), StringComparer.Ordinal)];
        var words = ReportTerms.Words(filter.Text ?? "").Take(MaxWords).ToList();
        if (names.Count == 0 || (words.Count == 0 && filter.Text is { Length: > 0 }))
            return [];

        if (filter is { States: StateFilter.Sent, Cause.Length: > 0 })
            return [];

        // Of what was sent, services and back ends are found by terms too; of the rest, which is little, by its rows: they know it at once.
        var isByTerm = filter.Cause is not { Length: > 0 } && filter.States is StateFilter.All or StateFilter.Sent;
        var terms = names.Select(c => words.Select(w => ReportTerms.OfWord(c, w)).Concat(isByTerm ? Codes(c, filter) : []).ToList()).ToList();
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
            most,
            behind,
            since = filter.From > 0 ? ReportIds.First(UnixTime.At(filter.From) - Slack) : 0,
            until = filter.To > 0 ? Math.Min(behind, ReportIds.First(UnixTime.At(filter.To) + Slack)) : behind,
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
            // What was sent has none, but for updates that were left out.
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
        return $"SELECT {Columns} FROM (SELECT id FROM ({found}) f ORDER BY id DESC {dialect.Page("0", "@most")}) x {Shown}";
    }

    /// <summary>Deliveries of all kinds that are in some states.</summary>
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
        // Of each word one term for each council: which it is depends on the row.
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
            ORDER BY d.id DESC {dialect.Page("0", "@most")}
            """;
    }

    /// <summary>Reports of all councils by their latest content, in the order of their keys.</summary>
    private static string Reports(ISqlDialect dialect, SearchFilter filter) =>
        Ordered(dialect, $"FROM report r {Latest}", [.. ReportConditions(filter), "r.id >= @since", "r.id < @until"], "r.id DESC");

    /// <summary>Reports of one council, in the order they came.</summary>
    private static string OfCouncil(ISqlDialect dialect, SearchFilter filter, long? before, string council, int number, DynamicParameters parameters)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"council{number}");
        parameters.Add(name, council);
        var conditions = ReportConditions(filter);
        conditions.Add($"r.council = @{name}");
        if (before is not null)
            conditions.Add("r.id < @behind");
        // Where the page before ended: without it the index would be walked from its beginning for every page.
        if (before is not null)
            conditions.Add("r.received <= COALESCE((SELECT p.received FROM report p WHERE p.id = @behind), 9223372036854775807)");

        return Ordered(dialect, $"FROM report r {Latest}", conditions, "r.received DESC, r.id DESC");
    }

    /// <summary>Reports of one council that have some terms, in the terms' own order.</summary>
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

    /// <summary>A part in an order of its own, of which no more than a page is looked at.</summary>
    private static string Ordered(ISqlDialect dialect, string from, List<string> conditions, string order) =>
        $"SELECT d.id {from} WHERE {string.Join(" AND ", conditions)} ORDER BY {order} {dialect.Page("0", "@most")}";

    private static List<string> ReportConditions(SearchFilter filter)
    {
        // The number of a line is its delivery's: the report's own is the first of those it can have.
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

/// <summary>Which reports; empty or 0 for all.</summary>
internal sealed record SearchFilter
{
    /// <summary>Words of the description or address, all of them.</summary>
    public string? Text { get; init; }

    public string? Council { get; init; }

    public string? BackEnd { get; init; }

    public string? Service { get; init; }

    public StateFilter States { get; init; }

    public string? Cause { get; init; }

    public long From { get; init; }

    public long To { get; init; }

    /// <summary>The one state that is asked for; null for several.</summary>
    public DeliveryState? State => Enum.TryParse<DeliveryState>(States.ToString(), out var one) ? one : null;
}

/// <summary>A state of a delivery, or several.</summary>
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

/// <summary>A line of the list. Nothing of it is what people wrote.</summary>
internal sealed class FoundReport : DeliveryRow
{
    public long ReportId { get; init; }

    public string OwnId { get; init; } = "";

    public string Address => OwnId.Length > 0 ? $"/admin/reports/{OwnId}" : $"/admin/reports/%23{Id}";
}

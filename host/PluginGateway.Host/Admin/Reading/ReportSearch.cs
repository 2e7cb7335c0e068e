using System.Globalization;
using PluginGateway.Host.Admin.SignIn;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Admin.Reading;

/// <summary>
/// Finds reports, the newest first, a page at a time. What is not sent is found by the indexes that hold only that; the rest by the reports' own
/// order of time.
/// </summary>
internal sealed class ReportSearch(IDatabase database)
{
    public const int PageSize = 50;

    private const string Columns = """
        d.id AS Id, d.report_id AS ReportId, COALESCE(r.public_id, r.own_id, '') AS Report, COALESCE(r.own_id, '') AS OwnId, l.council AS Council, l.backend AS BackEnd,
            COALESCE(r.service_code, '') AS Service, d.kind AS Kind, d.state AS State, d.gate AS Gate, d.tries AS Tries, d.created AS Created, d.due AS Due, d.cause AS Cause
        """;

    /// <summary>The parts of what is not at its end, each with its own index.</summary>
    private static readonly (string Where, DeliveryState[] States)[] Parts =
    [
        ("d.state < 5 AND d.state <> 1 AND d.state <> 2 AND d.gate = 0", [DeliveryState.Pending, DeliveryState.Retrying, DeliveryState.Unknown]),
        ("d.gate > 0 AND d.state < 5 AND d.state <> 1 AND d.state <> 2", [DeliveryState.Pending, DeliveryState.Retrying, DeliveryState.Unknown]),
        ("d.state = 1", [DeliveryState.Sending]),
        ("d.state IN (5, 6)", [DeliveryState.Held, DeliveryState.Failed]),
    ];

    public Task<List<FoundReport>> ListAsync(SearchFilter filter, Actor actor, long? before, int most, CancellationToken ct) => database.ReadAsync(
        db =>
        {
            var parameters = new { filter.Council, filter.BackEnd, filter.Service, filter.Cause, filter.From, filter.To, councils = actor.Councils, before, most };
            return db.ListAsync<FoundReport>(Statement(db.Dialect, filter, actor, before), parameters);
        },
        ct);

    private static string Statement(ISqlDialect dialect, SearchFilter filter, Actor actor, long? before)
    {
        var parts = filter.States switch
        {
            StateFilter.All or StateFilter.Sent => [Reports(filter, actor, before)],
            StateFilter.Cancelled => [Deliveries("d.state = 7", filter, actor, before)],
            StateFilter.Retrying or StateFilter.Unknown => [Deliveries("d.state IN (3, 4)", filter, actor, before)],
            _ => Parts.Where(p => filter.State is not { } state || p.States.Contains(state)).Select(p => Deliveries(p.Where, filter, actor, before)).ToArray(),
        };
        return $"{string.Join(" UNION ALL ", parts)} ORDER BY Id DESC {dialect.Page("0", "@most")}";
    }

    /// <summary>Deliveries of all kinds that are in some states.</summary>
    private static string Deliveries(string where, SearchFilter filter, Actor actor, long? before)
    {
        var conditions = Conditions(filter, actor, before, "l.council", "d.created", "d.id");
        if (filter.State is { } state)
            conditions.Add(string.Create(CultureInfo.InvariantCulture, $"d.state = {(int)state}"));
        return $"SELECT {Columns} FROM lane l JOIN delivery d ON d.lane_id = l.id LEFT JOIN report r ON r.id = d.report_id WHERE {string.Join(" AND ", conditions.Prepend(where))}";
    }

    /// <summary>Reports by their latest content.</summary>
    private static string Reports(SearchFilter filter, Actor actor, long? before)
    {
        var conditions = Conditions(filter, actor, before, "r.council", "r.received", "r.id");
        if (filter.States == StateFilter.Sent)
            conditions.Add("d.state = 2");
        return $"SELECT {Columns} FROM report r JOIN delivery d ON d.id = r.id + r.revision - 1 JOIN lane l ON l.id = d.lane_id{(conditions.Count == 0 ? "" : " WHERE ")}{string.Join(" AND ", conditions)}";
    }

    private static List<string> Conditions(SearchFilter filter, Actor actor, long? before, string council, string time, string id)
    {
        var all = new List<string>();
        if (filter.Council is { Length: > 0 })
            all.Add($"{council} = @Council");
        else if (!actor.SeesAll)
            all.Add($"{council} IN @councils");
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
            all.Add($"{id} < @before");
        return all;
    }
}

/// <summary>Which reports; empty or 0 for all.</summary>
internal sealed record SearchFilter
{
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
internal sealed class FoundReport
{
    public long Id { get; init; }

    public long ReportId { get; init; }

    /// <summary>The id that clients know.</summary>
    public string Report { get; init; } = "";

    public string OwnId { get; init; } = "";

    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public string Service { get; init; } = "";

    public DeliveryKind Kind { get; init; }

    public DeliveryState State { get; init; }

    public DeliveryGate Gate { get; init; }

    public int Tries { get; init; }

    public long Created { get; init; }

    public long Due { get; init; }

    public string Cause { get; init; } = "";

    public string Address => OwnId.Length > 0 ? $"/admin/reports/{OwnId}" : $"/admin/reports/{Id}";
}

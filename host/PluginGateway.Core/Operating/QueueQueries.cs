using System.Globalization;
using System.Text;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>Queries the queue for operators. The results never contain a reporter's name, address or telephone number.</summary>
internal sealed class QueueQueries(IDatabase database)
{
    /// <summary>Returns the deliveries that match a filter, oldest first.</summary>
    public Task<List<QueueRow>> ListAsync(QueueFilter filter, int max, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<QueueRow>(
            $"""
            SELECT d.id AS Id, COALESCE(r.public_id, r.own_id, '') AS Report, l.council AS Council, l.backend AS BackEnd, d.kind AS Kind,
                d.state AS State, d.hold AS Hold, d.attempts AS Attempts,
                d.created AS Created, d.due AS Due, d.cause AS Cause, COALESCE(r.service_code, '') AS Service
            {From(filter)} ORDER BY d.created, d.id {database.Dialect.Page("0", "@max")}
            """,
            new { filter.Council, filter.BackEnd, filter.Service, max }),
        ct);

    /// <summary>Returns the number of deliveries that match a filter, by state and cause.</summary>
    public Task<List<CauseRow>> ByCauseAsync(QueueFilter filter, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<CauseRow>(
            $"""
            SELECT l.council AS Council, l.backend AS BackEnd, d.state AS State, d.cause AS Cause, COUNT(*) AS Count, MIN(d.created) AS Oldest
            {From(filter)} GROUP BY l.council, l.backend, d.state, d.cause ORDER BY COUNT(*) DESC
            """,
            new { filter.Council, filter.BackEnd, filter.Service }),
        ct);

    /// <summary>Whether any report of a service has ever been accepted.</summary>
    public async Task<bool> HasReportsAsync(string council, string service, CancellationToken ct) => await database.ReadAsync(
        db => db.ScalarAsync<long?>(
            $"SELECT id FROM report WHERE council = @council AND service_code = @service ORDER BY received DESC {db.Dialect.Page("0", "1")}",
            new { council, service }), ct) is not null;

    /// <summary>Returns the history of a report in chronological order: contents, attempts and operators' actions.</summary>
    public Task<List<EventRow>> EventsAsync(DeliveryReference target, CancellationToken ct) => database.ReadAsync(
        async db =>
        {
            var key = new { target.ReportId, last = ReportIds.LastRevisionId(target.ReportId), target.OwnId, target.Council, target.Id };
            var events = (await db.ListAsync<ContentRow>(
                "SELECT received AS At, by_whom AS Who, revision AS Revision, own_id AS OwnId FROM report_revision WHERE id BETWEEN @ReportId AND @last", key))
                .ConvertAll(c =>
                    new EventRow
                    {
                        At = c.At,
                        What = "content",
                        Who = c.Who,
                        Text = string.Create(CultureInfo.InvariantCulture, $"revision {c.Revision} as {c.OwnId}"),
                    });
            var deliveries = target.ReportId == 0 ? [target.Id] : await db.ListAsync<long>(
                $"""
                SELECT id FROM delivery WHERE id BETWEEN @ReportId AND @last UNION SELECT id FROM delivery
                WHERE report_id = @ReportId AND kind <> {Kinds.Report}
                """,
                key);
            foreach (var batch in deliveries.Chunk(400))
                events.AddRange((await db.ListAsync<AttemptRow>(
                    """
                    SELECT a.started AS At, l.backend AS BackEnd, d.kind AS Kind, a.number AS Number, a.outcome AS Outcome, a.cause AS Cause, a.detail AS Detail
                    FROM attempt a JOIN delivery d ON d.id = a.delivery_id JOIN lane l ON l.id = COALESCE(a.lane_id, d.lane_id)
                    WHERE a.delivery_id IN @batch
                    """,
                    new { batch })).Select(a => a.ToEvent()));
            events.AddRange((await db.ListAsync<ActionRow>(
                """
                SELECT at AS At, action AS Action, who AS Who, before AS OldValue, after AS NewValue, why AS Why FROM audit
                WHERE council = @Council AND subject = @OwnId
                """,
                key))
                .Select(a => new EventRow { At = a.At, What = a.Action, Who = a.Who, Text = $"{a.OldValue} -> {a.NewValue}: {a.Why}" }));
            return events.OrderBy(e => e.At).ToList();
        },
        ct);

    /// <summary>Returns the ids of the deliveries that match a filter.</summary>
    public Task<List<long>> IdsAsync(QueueFilter filter, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<long>($"SELECT d.id {From(filter)} ORDER BY d.created, d.id", new { filter.Council, filter.BackEnd, filter.Service }), ct);

    private static string From(QueueFilter filter)
    {
        var text = new StringBuilder("FROM lane l JOIN delivery d ON d.lane_id = l.id LEFT JOIN report r ON r.id = d.report_id WHERE ");
        text.Append(filter.State is { } state ? $"d.state = {(int)state}" : $"d.state NOT IN ({States.Sent}, {States.Cancelled})");
        if (filter.Council is not null)
            text.Append(" AND l.council = @Council");
        if (filter.BackEnd is not null)
            text.Append(" AND l.backend = @BackEnd");
        if (filter.Service is not null)
            text.Append(" AND r.service_code = @Service");
        return text.ToString();
    }

    private sealed class ContentRow
    {
        public long At { get; init; }

        public string Who { get; init; } = "";

        public int Revision { get; init; }

        public string OwnId { get; init; } = "";
    }

    private sealed class ActionRow
    {
        public long At { get; init; }

        public string Action { get; init; } = "";

        public string Who { get; init; } = "";

        public string OldValue { get; init; } = "";

        public string NewValue { get; init; } = "";

        public string Why { get; init; } = "";
    }

    private sealed class AttemptRow
    {
        public long At { get; init; }

        public string BackEnd { get; init; } = "";

        public DeliveryKind Kind { get; init; }

        public int Number { get; init; }

        public AttemptOutcome Outcome { get; init; }

        public string Cause { get; init; } = "";

        public string Detail { get; init; } = "";

        public EventRow ToEvent() => new()
        {
            At = At,
            What = $"{Kind.ToString().ToLowerInvariant()}, attempt {Number}",
            Who = BackEnd,
            Text = string.Join(' ', new[] { Outcome.ToString().ToLowerInvariant() + (Cause.Length > 0 ? ":" : ""), Cause, Detail }.Where(t => t.Length > 0)),
        };
    }
}

/// <summary>Selects deliveries. Null means all; without a state, sent and cancelled deliveries are excluded.</summary>
internal sealed record QueueFilter(string? Council, string? BackEnd, string? Service, DeliveryState? State);

/// <summary>A delivery in a list. It contains no text that people wrote.</summary>
internal abstract class DeliveryRow
{
    public long Id { get; init; }

    /// <summary>The report's id for clients.</summary>
    public string Report { get; init; } = "";

    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public string Service { get; init; } = "";

    public DeliveryKind Kind { get; init; }

    public DeliveryState State { get; init; }

    public DeliveryHold Hold { get; init; }

    public int Attempts { get; init; }

    public long Created { get; init; }

    public long Due { get; init; }

    public string Cause { get; init; } = "";
}

/// <summary>A row of the queue commands.</summary>
internal sealed class QueueRow : DeliveryRow;

internal sealed class CauseRow
{
    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public DeliveryState State { get; init; }

    public string Cause { get; init; } = "";

    public long Count { get; init; }

    public long Oldest { get; init; }
}

internal sealed class EventRow
{
    public long At { get; init; }

    public string What { get; init; } = "";

    public string Who { get; init; } = "";

    public string Text { get; init; } = "";
}

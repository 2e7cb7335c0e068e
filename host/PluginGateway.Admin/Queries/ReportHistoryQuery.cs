using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Queries;

/// <summary>Reads the history of one report.</summary>
internal sealed class ReportHistoryQuery(
    IDatabase database, ServiceVersions services, SuspensionStore suspensions, Acknowledgements acknowledgements, TimeProvider time)
{
    private const string OfReport = $"d.id BETWEEN @ReportId AND @last OR (d.report_id = @ReportId AND d.kind <> {Kinds.Report})";

    private const int MaxAttempts = 200;
    private const int MaxUpdates = 100;
    private const int MaxEntries = 100;

    /// <summary>Reads a report and everything that happened to it.</summary>
    /// <param name="id">Any id of the report, or the number of one of its deliveries.</param>
    /// <param name="councils">The councils to search; empty for all.</param>
    /// <param name="ct">Cancels the read.</param>
    /// <returns>The history; null if there is no such report.</returns>
    public async Task<ReportHistory?> ReadAsync(string id, IReadOnlyCollection<string> councils, CancellationToken ct)
    {
        var (target, _) = await database.ReadAsync(db => DeliveryReference.FindAsync(db, id, councils), ct);
        if (target is null)
            return null;

        var active = (await suspensions.ListAsync(ct)).FindAll(c => c.Council == target.Council);
        var acknowledgement = await acknowledgements.FindAsync(target.ReportId, ct);
        var key = new
        {
            target.ReportId,
            target.Id,
            target.Council,
            target.OwnId,
            last = ReportIds.LastRevisionId(target.ReportId),
            attempts = MaxAttempts,
            updates = MaxUpdates,
            entries = MaxEntries,
        };
        return await database.ReadAsync(
            async db =>
            {
                var contents = target.ReportId == 0 ? [] : await db.ListAsync<ContentRow>(
                    """
                    SELECT id AS Id, revision AS Revision, own_id AS OwnId, public_id AS PublicId, service_id AS ServiceId, payload AS Payload,
                        source AS Source, by_whom AS ByWhom, received AS Received, notice AS Notice
                    FROM report_revision WHERE id BETWEEN @ReportId AND @last ORDER BY id
                    """,
                    key);
                var versions = await services.FindAsync([.. contents.Where(c => c.Payload.Length > 0).Select(c => c.ServiceId).Distinct()], ct);
                foreach (var content in contents.Where(c => c.Payload.Length > 0))
                    content.Request = JsonSerializer.Deserialize(content.Payload, ReportJson.Default.StoredReport)!.ToRequest(
                        content.OwnId, content.Revision, versions[content.ServiceId]);

                var deliveries = await db.ListAsync<HistoryDelivery>(
                    $"""
                    SELECT d.id AS Id, d.revision AS Revision, d.kind AS Kind, d.subject_id AS SubjectId, d.state AS State, d.hold AS Hold,
                        d.may_have_been_delivered AS MayHaveBeenDelivered, d.after_id AS AfterId, d.due AS Due,
                        d.created AS Created, d.attempts AS Attempts, d.cause AS Cause, d.backend_id AS BackEndId, l.council AS Council,
                        l.backend AS BackEnd, l.breaker AS IsBreakerOpen, l.next_probe AS NextProbe, l.breaker_cause AS OpenCause, l.slow_until AS SlowUntil
                    FROM delivery d JOIN lane l ON l.id = d.lane_id
                    WHERE {(target.ReportId == 0 ? "d.id = @Id" : OfReport)} ORDER BY d.id
                    """,
                    key);
                var attempts = new List<HistoryAttempt>();
                foreach (var batch in deliveries.Select(d => d.Id).Chunk(400))
                    attempts.AddRange(await db.ListAsync<HistoryAttempt>(
                        $"""
                        SELECT a.delivery_id AS DeliveryId, a.number AS Number, a.started AS Started, a.committing AS Committing, a.ended AS Ended,
                            a.outcome AS Outcome, a.cause AS Cause, a.detail AS Detail, a.node AS Node, a.generation AS Generation, l.backend AS BackEnd,
                            a.revision AS Revision
                        FROM attempt a LEFT JOIN lane l ON l.id = a.lane_id
                        WHERE a.delivery_id IN @batch ORDER BY a.started DESC {db.Dialect.Page("0", "@attempts")}
                        """,
                        new { batch, attempts = MaxAttempts }));

                return new ReportHistory
                {
                    Target = target,
                    Contents = contents,
                    Deliveries = deliveries,
                    Attempts = attempts,
                    ClientUpdates = target.ReportId == 0 ? [] : (await db.ListAsync<UpdateRow>(
                        $"""
                        SELECT received AS At, payload AS Payload FROM client_update WHERE report_id = @ReportId
                        ORDER BY id DESC {db.Dialect.Page("0", "@updates")}
                        """,
                        key))
                        .ConvertAll(u =>
                            (u.At, u.Payload.Length == 0 ? null : JsonSerializer.Deserialize(u.Payload, ReportJson.Default.StoredClientUpdate)!.ToUpdate())),
                    Updates = await UpdatesAsync(db, target, contents, deliveries),
                    AuditEntries = target.OwnId.Length == 0 ? [] : await db.ListAsync<AuditRow>(
                        $"""
                        SELECT id AS Id, at AS At, who AS Who, action AS Action, council AS Council, subject AS Subject, before AS OldValue,
                            after AS NewValue, why AS Why FROM audit WHERE council = @Council AND subject = @OwnId
                            ORDER BY at DESC {db.Dialect.Page("0", "@entries")}
                        """,
                        key),
                    Suspensions = active,
                    Acknowledgement = acknowledgement?.Until > time.NowMs() ? acknowledgement : null,
                };
            },
            ct);
    }

    /// <summary>Reads the updates from councils on the report's cases, and those with which the gateway published the ids of the cases.</summary>
    private static async Task<List<(long At, string From, CouncilUpdate? Update)>> UpdatesAsync(
        DbSession db, DeliveryReference target, List<ContentRow> contents, List<HistoryDelivery> deliveries)
    {
        var all = new List<(long, string, CouncilUpdate?)>();
        foreach (var (backEnd, cases) in deliveries.Where(d => d is { Kind: DeliveryKind.Report, BackEndId: not null }).GroupBy(d => d.BackEnd)
            .Select(g => (g.Key, g.Select(d => IdKey.Of(d.BackEndId!)).ToList())))
            foreach (var caseKey in cases)
                all.AddRange((await db.ListAsync<UpdateRow>(
                    $"""
                    SELECT received AS At, payload AS Payload FROM council_update
                    WHERE council = @Council AND backend = @backEnd AND case_key = @caseKey ORDER BY served DESC {db.Dialect.Page("0", "@max")}
                    """,
                    new { target.Council, backEnd, caseKey, max = MaxUpdates })).Select(u => (u.At, backEnd, Read(u.Payload))));
        foreach (var publicId in contents.Select(c => c.PublicId).OfType<string>().Distinct(StringComparer.Ordinal))
            all.AddRange((await db.ListAsync<UpdateRow>(
                "SELECT received AS At, payload AS Payload FROM council_update WHERE council = @Council AND backend = '' AND update_key = @key",
                new { target.Council, key = IdKey.Of($"{publicId}-case") }))
                .Select(u => (u.At, ReportHistory.Gateway, Read(u.Payload))));
        return all;

        static CouncilUpdate? Read(byte[] payload) =>
            payload.Length == 0 ? null : JsonSerializer.Deserialize(payload, ReportJson.Default.StoredCouncilUpdate)!.ToUpdate();
    }

    private sealed class UpdateRow
    {
        public long At { get; init; }

        public byte[] Payload { get; init; } = [];
    }
}

/// <summary>A report and everything that happened to it.</summary>
internal sealed record ReportHistory
{
    /// <summary>The sender of the updates with which the gateway publishes the ids of cases.</summary>
    public const string Gateway = "the gateway";

    public required DeliveryReference Target { get; init; }

    public required IReadOnlyList<ContentRow> Contents { get; init; }

    public required IReadOnlyList<HistoryDelivery> Deliveries { get; init; }

    public required IReadOnlyList<HistoryAttempt> Attempts { get; init; }

    public required IReadOnlyList<(long At, ClientUpdate? Update)> ClientUpdates { get; init; }

    public required IReadOnlyList<(long At, string From, CouncilUpdate? Update)> Updates { get; init; }

    public required IReadOnlyList<AuditRow> AuditEntries { get; init; }

    public required IReadOnlyList<Suspension> Suspensions { get; init; }

    public required Acknowledgement? Acknowledgement { get; init; }

    /// <summary>The delivery that the requested id refers to.</summary>
    public HistoryDelivery Main => Deliveries.First(d => d.Id == Target.Id);

    /// <summary>The latest content; null if it has been deleted.</summary>
    public ContentRow? Latest => Contents.LastOrDefault(c => c.Request is not null);
}

/// <summary>One revision of a report's content.</summary>
internal sealed class ContentRow
{
    public long Id { get; init; }

    public int Revision { get; init; }

    public string OwnId { get; init; } = "";

    public string? PublicId { get; init; }

    public long ServiceId { get; init; }

    public byte[] Payload { get; init; } = [];

    public string Source { get; init; } = "";

    public string ByWhom { get; init; } = "";

    public long Received { get; init; }

    public string? Notice { get; init; }

    /// <summary>The content; null if it has been deleted.</summary>
    public ServiceRequest? Request { get; set; }
}

internal sealed class HistoryDelivery
{
    public long Id { get; init; }

    public int Revision { get; init; }

    public DeliveryKind Kind { get; init; }

    public long SubjectId { get; init; }

    public DeliveryState State { get; init; }

    public DeliveryHold Hold { get; init; }

    public bool MayHaveBeenDelivered { get; init; }

    public long AfterId { get; init; }

    public long Due { get; init; }

    public long Created { get; init; }

    public int Attempts { get; init; }

    public string Cause { get; init; } = "";

    public string? BackEndId { get; init; }

    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public bool IsBreakerOpen { get; init; }

    public long NextProbe { get; init; }

    public string OpenCause { get; init; } = "";

    public long SlowUntil { get; init; }

    public string Title => TitleOf(Revision);

    /// <summary>Returns the title of the delivery when it had a revision.</summary>
    public string TitleOf(int revision) => Kind switch
    {
        DeliveryKind.Report => revision > 1 ? $"report, revision {revision}" : "report",
        DeliveryKind.FollowUp => "follow-up",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}

internal sealed class HistoryAttempt
{
    public long DeliveryId { get; init; }

    public int Number { get; init; }

    public long Started { get; init; }

    /// <summary>When the attempt was marked as committing; 0 if it ended before that.</summary>
    public long Committing { get; init; }

    public long Ended { get; init; }

    public AttemptOutcome Outcome { get; init; }

    public string Cause { get; init; } = "";

    public string Detail { get; init; } = "";

    public string Node { get; init; } = "";

    public int Generation { get; init; }

    /// <summary>The back end at the time of the attempt; null for attempts of versions that did not store it.</summary>
    public string? BackEnd { get; init; }

    /// <summary>The revision of the report at the time of the attempt; null for attempts of versions that did not store it.</summary>
    public int? Revision { get; init; }
}

using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Sending.Copies;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Accepts one report inside a database write, which can be run again from the beginning.</summary>
internal sealed class AcceptTransaction(NewReport report, long laneId, long serviceId, IReadOnlyList<CopyDestination> copies, long rememberMs)
{
    private readonly byte[]? _refKey = report.Reference is null ? null : IdKey.Of(report.Reference);
    private readonly byte[] _payload = JsonSerializer.SerializeToUtf8Bytes(StoredReport.Of(report.Request), ReportJson.Default.StoredReport);
    private readonly byte[]? _facts = report.Request.Plan is null
        ? null
        : JsonSerializer.SerializeToUtf8Bytes(report.Request.Plan, ReportJson.Default.RequestPlan);
    private readonly long _now = report.Request.ReceivedAt.ToUnixTimeMilliseconds();

    public async Task<AcceptResult> RunAsync(DbSession db)
    {
        var reportId = ReportIds.New(report.Request.ReceivedAt);
        return _refKey is null || await RememberAsync(db, reportId) > 0
            ? await AcceptNewAsync(db, reportId)
            : await AcceptKnownAsync(db, await FindKnownAsync(db));
    }

    public static async Task<AcceptResult> ReadResultAsync(DbSession db, long reportId, int revision)
    {
        var row = (await db.FirstAsync<ResultRow>(
            """
            SELECT v.own_id AS OwnId, v.public_id AS PublicId, v.token AS Token, v.notice AS Notice, d.id AS DeliveryId, d.state AS State, d.cause AS Cause,
                (SELECT a.outcome FROM attempt a WHERE a.delivery_id = d.id AND a.number = d.attempts) AS LastOutcome
            FROM report_revision v
            LEFT JOIN delivery d ON d.id BETWEEN @reportId AND @last AND d.revision = v.revision
            WHERE v.id = @caseId
            """,
            new { reportId, last = ReportIds.LastRevisionId(reportId), caseId = ReportIds.RevisionId(reportId, revision) }))!;
        return new AcceptResult
        {
            ReportId = reportId,
            Revision = revision,
            DeliveryId = row.DeliveryId ?? 0,
            OwnId = row.OwnId,
            PublicId = row.PublicId,
            Token = row.Token,
            Notice = row.Notice,
            State = row.State ?? DeliveryState.Cancelled,
            Rejection = row is { State: DeliveryState.Held, LastOutcome: AttemptOutcome.Rejected } ? row.Cause : null,
        };
    }

    /// <summary>Stores the client's reference of this report.</summary>
    /// <returns>1; 0 if the reference already belongs to another report.</returns>
    private ValueTask<int> RememberAsync(DbSession db, long reportId) => db.Prepare(db.Dialect.RememberReference)
        .Set("@council", report.Council.JurisdictionId)
        .Set("@client", report.ClientId)
        .Set("@ref", _refKey)
        .Set("@reportId", reportId)
        .Set("@now", _now)
        .Set("@expires", _now + rememberMs)
        .RunAsync();

    private Task<long> FindKnownAsync(DbSession db) => db.ScalarAsync<long>(
        $"SELECT subject_id FROM idempotency WHERE council = @council AND client_id = @ClientId AND kind = {ReferenceKinds.Report} AND ref_key = @_refKey",
        new { council = report.Council.JurisdictionId, report.ClientId, _refKey });

    private async Task<AcceptResult> AcceptNewAsync(DbSession db, long reportId)
    {
        var ownId = ReportIds.Text(reportId);
        var token = report.Service.Service.Type == ServiceType.Batch ? ReportIds.NewToken() : null;
        var publicId = ImmediateId(ownId);
        await db.Prepare(
            """
            INSERT INTO report (id, council, client_id, service_code, owner, own_id, public_id, revision, facts, received, updated, status, private, lat, long)
            VALUES (@id, @council, @client, @code, @owner, @ownId, @publicId, 1, @facts, @now, @now, 'open', @private, @lat, @long)
            """)
            .Set("@id", reportId)
            .Set("@council", report.Council.JurisdictionId)
            .Set("@client", report.ClientId)
            .Set("@code", report.Service.Code)
            .Set("@owner", report.Service.Owner.Name)
            .Set("@ownId", ownId)
            .Set("@publicId", publicId)
            .Set("@facts", _facts)
            .Set("@now", _now)
            .Set("@private", report.Service.Private)
            .Set("@lat", report.Request.Location.Latitude)
            .Set("@long", report.Request.Location.Longitude)
            .RunAsync();
        await InsertRevisionAsync(db, reportId, 1, ownId, publicId, token);
        await InsertDeliveryAsync(db, reportId, 1, after: 0);
        await AddCopiesAsync(db, reportId, 1, reportId);
        await AttachmentStore.AdoptAsync(db, reportId, report.Request.Attachments);
        return Result(reportId, 1, reportId, ownId, publicId, token);
    }

    private async Task<AcceptResult> AcceptKnownAsync(DbSession db, long reportId)
    {
        await ReportLock.AcquireAsync(db, reportId);
        var latest = await LatestAsync(db, reportId);
        await db.ExecuteAsync(
            $"""
            UPDATE idempotency SET repeats = repeats + 1, answered_at = @_now
            WHERE council = @council AND client_id = @ClientId AND kind = {ReferenceKinds.Report} AND ref_key = @_refKey
            """,
            new { council = report.Council.JurisdictionId, report.ClientId, _refKey, _now });

        if (latest.Fingerprint.AsSpan().SequenceEqual(report.Fingerprint))
            return await ReadResultAsync(db, reportId, latest.Revision) with { Repeat = true };
        if (report.ReferenceIsKey)
            return new AcceptResult { ReportId = reportId, Revision = latest.Revision, OwnId = latest.OwnId, Conflict = true };
        return await ReviseAsync(db, reportId);
    }

    /// <summary>Makes this content the latest revision of the report and schedules its delivery. The caller has locked the report.</summary>
    public async Task<AcceptResult> ReviseAsync(DbSession db, long reportId)
    {
        var latest = await LatestAsync(db, reportId);
        if (latest.Revision == ReportIds.MaxRevisions)
            return new AcceptResult { ReportId = reportId, Revision = latest.Revision, OwnId = latest.OwnId, ChangedTooOften = true };

        var delivery = await db.FirstAsync<DeliveryRow>(
            $"""
            SELECT id AS Id, state AS State, may_have_been_delivered AS MayHaveBeenDelivered, CASE WHEN notes IS NULL THEN 0 ELSE 1 END AS HasNotes
            FROM delivery WHERE id BETWEEN @reportId AND @last AND state <> {States.Cancelled} ORDER BY revision DESC
            """,
            new { reportId, last = ReportIds.LastRevisionId(reportId) });
        await ReportTerms.MarkRevisedAsync(db, reportId);
        var revision = latest.Revision + 1;
        return delivery switch
        {
            {
                State: DeliveryState.Pending or DeliveryState.Retrying or DeliveryState.Held
                or DeliveryState.Failed, MayHaveBeenDelivered: false, HasNotes: false
            } =>
                await ReplaceAsync(db, reportId, revision, latest, delivery.Id),
            { State: DeliveryState.Sent } or null => await AddAsync(db, reportId, revision, latest, after: 0),
            // The report may have been delivered, or its delivery has begun (it has notes): the new revision waits for the outcome.
            _ => await AddAsync(db, reportId, revision, latest, delivery.Id),
        };
    }

    private static async Task<RevisionRow> LatestAsync(DbSession db, long reportId) => (await db.FirstAsync<RevisionRow>(
        """
        SELECT v.revision AS Revision, v.own_id AS OwnId, v.public_id AS PublicId, v.token AS Token, v.fingerprint AS Fingerprint
        FROM report_revision v WHERE v.id BETWEEN @reportId AND @last ORDER BY v.id DESC
        """,
        new { reportId, last = ReportIds.LastRevisionId(reportId) }))!;

    /// <summary>Replaces content that has not been delivered yet. The ids stay the same.</summary>
    private async Task<AcceptResult> ReplaceAsync(DbSession db, long reportId, int revision, RevisionRow latest, long deliveryId)
    {
        await InsertRevisionAsync(db, reportId, revision, latest.OwnId, latest.PublicId, latest.Token);
        await db.ExecuteAsync(
            $"""
            UPDATE delivery SET revision = @revision, state = {States.Pending}, hold = CASE WHEN hold = {Holds.WaitsForEarlier}
                THEN {Holds.WaitsForEarlier} ELSE {Holds.None} END, due = @_now, first_tried = 0, failures = 0, cause = '',
                dest_key = @Name, lane_id = @laneId
            WHERE id = @deliveryId
            """,
            new { revision, _now, deliveryId, report.Route.Name, laneId });
        await db.ExecuteAsync(
            $"""
            UPDATE delivery SET dest_key = @Name, lane_id = @laneId
            WHERE after_id = @deliveryId AND kind = {Kinds.Update} AND state IN ({States.Pending}, {States.Retrying})
            """,
            new { deliveryId, report.Route.Name, laneId });
        await AddCopiesAsync(db, reportId, revision, deliveryId);
        await UpdateReportAsync(db, reportId, revision, latest.OwnId, latest.PublicId);
        return Result(reportId, revision, deliveryId, latest.OwnId, latest.PublicId, latest.Token);
    }

    /// <summary>Adds the content as a separate case with a new id, because the earlier content has been delivered or may have been.</summary>
    private async Task<AcceptResult> AddAsync(DbSession db, long reportId, int revision, RevisionRow latest, long after)
    {
        var ownId = ReportIds.Text(ReportIds.RevisionId(reportId, revision));
        var token = latest.Token is null ? null : ReportIds.NewToken();
        // A revision that waits for another delivery cannot get the back end's id in time.
        var publicId = after == 0 ? ImmediateId(ownId) : ownId;
        await InsertRevisionAsync(db, reportId, revision, ownId, publicId, token);
        var deliveryId = await InsertDeliveryAsync(db, reportId, revision, after);
        await AddCopiesAsync(db, reportId, revision, deliveryId);
        await UpdateReportAsync(db, reportId, revision, ownId, publicId);
        return Result(reportId, revision, deliveryId, ownId, publicId, token);
    }

    private async Task InsertRevisionAsync(DbSession db, long reportId, int revision, string ownId, string? publicId, string? token)
    {
        await db.Prepare(
            """
            INSERT INTO report_revision (id, report_id, revision, own_id, public_id, token, service_id, payload, fingerprint, source, by_whom, received)
            VALUES (@id, @reportId, @revision, @ownId, @publicId, @token, @service, @payload, @fingerprint, @source, @by, @now)
            """)
            .Set("@id", ReportIds.RevisionId(reportId, revision))
            .Set("@reportId", reportId)
            .Set("@revision", revision)
            .Set("@ownId", ownId)
            .Set("@publicId", publicId)
            .Set("@token", token)
            .Set("@service", serviceId)
            .Set("@payload", _payload)
            .Set("@fingerprint", report.Fingerprint)
            .Set("@source", report.Source)
            .Set("@by", report.ClientName)
            .Set("@now", _now)
            .RunAsync();
        if (token is not null)
            await Aliases.AddAsync(db, report.Council.JurisdictionId, "", token, reportId, revision, AliasKind.Token);
    }

    private async Task<long> InsertDeliveryAsync(DbSession db, long reportId, int revision, long after)
    {
        var id = ReportIds.RevisionId(reportId, revision);
        await db.Prepare(
            $"""
            INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created, first_tried,
                attempts, failures, may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
            VALUES (@id, @reportId, @revision, {Kinds.Report}, 0, @dest, @lane, {States.Pending}, @hold, @after, @now, @now, 0, 0, 0, 0, '', 0, '', '')
            """)
            .Set("@id", id)
            .Set("@reportId", reportId)
            .Set("@revision", revision)
            .Set("@dest", report.Route.Name)
            .Set("@lane", laneId)
            .Set("@hold", (int)(after != 0 ? DeliveryHold.WaitsForEarlier : DeliveryHold.None))
            .Set("@after", after)
            .Set("@now", _now)
            .RunAsync();
        return id;
    }

    private async Task AddCopiesAsync(DbSession db, long reportId, int revision, long deliveryId)
    {
        if (revision > 1)
            await CopyStore.SupersedeAsync(db, reportId, revision);
        foreach (var copy in copies)
            await CopyStore.AddAsync(db, reportId, revision, deliveryId, copy, _now);
    }

    private async Task UpdateReportAsync(DbSession db, long reportId, int revision, string ownId, string? publicId)
    {
        await db.ExecuteAsync(
            """
            UPDATE report SET revision = @revision, service_code = @Code, owner = @ownerName, own_id = @ownId, public_id = @publicId, facts = @_facts,
                updated = @_now, done = NULL, private = @isPrivate, lat = @Latitude, long = @Longitude
            WHERE id = @reportId
            """,
            new
            {
                reportId,
                revision,
                report.Service.Code,
                ownerName = report.Service.Owner.Name,
                ownId,
                publicId,
                _facts,
                _now,
                isPrivate = report.Service.Private,
                report.Request.Location.Latitude,
                report.Request.Location.Longitude,
            });
        // New reports are indexed later, all together.
        await PersonTerms.AddAsync(db, report.Request.Reporter, PersonTerms.Reports, reportId);
        // Pauses apply per service, and the service may have changed: the next claim sets the holds again.
        await db.ExecuteAsync(
            $"UPDATE delivery SET hold = {Holds.None} WHERE id BETWEEN @reportId AND @last AND hold = {Holds.Paused}",
            new { reportId, last = ReportIds.LastRevisionId(reportId) });
        await db.ExecuteAsync(
            $"UPDATE delivery SET hold = {Holds.None} WHERE report_id = @reportId AND kind <> {Kinds.Report} AND hold = {Holds.Paused}", new { reportId });
        await AttachmentStore.AdoptAsync(db, reportId, report.Request.Attachments);
    }

    /// <summary>Returns the id that is final on acceptance: the gateway's own id in queued mode; null where the back end's id may follow.</summary>
    private string? ImmediateId(string ownId) =>
        report.Council.Mode == AnswerMode.Queued && report.Service.Service.Type == ServiceType.Realtime ? ownId : null;

    private static AcceptResult Result(long reportId, int revision, long deliveryId, string ownId, string? publicId, string? token) => new()
    {
        ReportId = reportId,
        Revision = revision,
        DeliveryId = deliveryId,
        OwnId = ownId,
        PublicId = publicId,
        Token = token,
    };

    private sealed class RevisionRow
    {
        public int Revision { get; init; }

        public string OwnId { get; init; } = "";

        public string? PublicId { get; init; }

        public string? Token { get; init; }

        public byte[] Fingerprint { get; init; } = [];
    }

    private sealed class DeliveryRow
    {
        public long Id { get; init; }

        public DeliveryState State { get; init; }

        public bool MayHaveBeenDelivered { get; init; }

        public bool HasNotes { get; init; }
    }

    private sealed class ResultRow
    {
        public string OwnId { get; init; } = "";

        public string? PublicId { get; init; }

        public string? Token { get; init; }

        public string? Notice { get; init; }

        public long? DeliveryId { get; init; }

        public DeliveryState? State { get; init; }

        public string? Cause { get; init; }

        public AttemptOutcome? LastOutcome { get; init; }
    }
}

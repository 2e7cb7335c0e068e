using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>
/// Takes a checked report: writes report, revision, plan and delivery in one transaction, or recognises it as one that it has. When this
/// returns, the report will be delivered once, whatever happens to the process.
/// </summary>
internal sealed class ReportAcceptor(IDatabase database, Lanes lanes, IOptions<SendingOptions> options)
{
    public async Task<AcceptResult> AcceptAsync(NewReport report, CancellationToken ct)
    {
        var laneId = await lanes.IdAsync(report.Route, ct);
        var work = new Accept(report, laneId, options.Value.RememberReferences.Ms());
        return await database.WriteAsync(work.RunAsync, ct);
    }

    /// <summary>
    /// Settles on the gateway's own id for a report whose client will not wait any longer, unless the back end's id was settled on first.
    /// </summary>
    /// <returns>The id to tell, fixed in the database.</returns>
    public Task<string> FixIdAsync(long reportId, int revision, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await db.ExecuteAsync(
                "UPDATE report_revision SET public_id = own_id WHERE report_id = @reportId AND revision = @revision AND public_id IS NULL",
                new { reportId, revision });
            await db.ExecuteAsync(
                "UPDATE report SET public_id = own_id WHERE id = @reportId AND revision = @revision AND public_id IS NULL", new { reportId, revision });
            return (await db.ScalarAsync<string>(
                "SELECT public_id FROM report_revision WHERE report_id = @reportId AND revision = @revision", new { reportId, revision }))!;
        },
        ct);

    /// <summary>How a report stands: for a client that waits for it or sent it again.</summary>
    public Task<AcceptResult> LookAsync(AcceptResult accepted, CancellationToken ct) =>
        database.ReadAsync(db => Accept.LookAsync(db, accepted.ReportId, accepted.Revision), ct);

    /// <summary>One accept, as it runs inside a write; it can run again from the start.</summary>
    private sealed class Accept(NewReport report, long laneId, long rememberMs)
    {
        private readonly byte[]? _refKey = report.Reference is null ? null : IdKey.Of(report.Reference);
        private readonly byte[] _payload = JsonSerializer.SerializeToUtf8Bytes(report.Request, ReportJson.Default.ServiceRequest);
        private readonly byte[]? _facts = report.Request.Plan is null ? null : JsonSerializer.SerializeToUtf8Bytes(report.Request.Plan, ReportJson.Default.RequestPlan);
        private readonly long _now = report.Request.Received.ToUnixTimeMilliseconds();

        public async Task<AcceptResult> RunAsync(DbSession db)
        {
            if (_refKey is null)
                return await NewAsync(db);

            var known = await db.ScalarAsync<long?>(
                "SELECT subject_id FROM idempotency WHERE council = @Council AND client_id = @ClientId AND kind = 1 AND ref_key = @_refKey",
                new { Council = report.Council.JurisdictionId, report.ClientId, _refKey });
            return known is { } reportId ? await AgainAsync(db, reportId) : await NewAsync(db);
        }

        public static async Task<AcceptResult> LookAsync(DbSession db, long reportId, int revision)
        {
            var row = (await db.FirstAsync<LookRow>(
                """
                SELECT v.own_id AS OwnId, v.public_id AS PublicId, v.token AS Token, v.notice AS Notice, d.id AS DeliveryId, d.state AS State, d.cause AS Cause,
                    (SELECT a.outcome FROM attempt a WHERE a.delivery_id = d.id AND a.number = d.tries) AS LastOutcome
                FROM report_revision v
                LEFT JOIN delivery d ON d.report_id = v.report_id AND d.revision = v.revision AND d.kind = 1
                WHERE v.report_id = @reportId AND v.revision = @revision
                """,
                new { reportId, revision }))!;
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

        private async Task<AcceptResult> NewAsync(DbSession db)
        {
            var ownId = OwnIds.New(report.Request.Received);
            var token = report.Service.Service.Type == ServiceType.Batch ? OwnIds.NewToken() : null;
            var publicId = IdAtOnce(ownId);
            var reportId = await db.InsertAsync(
                """
                INSERT INTO report (council, client_id, service_code, owner, own_id, public_id, revision, facts, received, updated, status, private, lat, long)
                VALUES (@council, @ClientId, @Code, @ownerName, @ownId, @publicId, 1, @_facts, @_now, @_now, 'open', @isPrivate, @Latitude, @Longitude)
                """,
                new
                {
                    council = report.Council.JurisdictionId,
                    report.ClientId,
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

            await InsertRevisionAsync(db, reportId, 1, ownId, publicId, token);
            await InsertAliasesAsync(db, reportId, 1, ownId, token);
            if (_refKey is not null)
                await db.ExecuteAsync(
                    """
                    INSERT INTO idempotency (council, client_id, kind, ref_key, subject_id, answered_at, repeats, expires)
                    VALUES (@council, @ClientId, 1, @_refKey, @reportId, @_now, 0, @expires)
                    """,
                    new
                    {
                        council = report.Council.JurisdictionId,
                        report.ClientId,
                        _refKey,
                        reportId,
                        _now,
                        expires = _now + rememberMs,
                    });

            var deliveryId = await InsertDeliveryAsync(db, reportId, 1, after: 0);
            await AttachmentStore.AdoptAsync(db, reportId, report.Request.Attachments);
            return Result(reportId, 1, deliveryId, ownId, publicId, token);
        }

        private async Task<AcceptResult> AgainAsync(DbSession db, long reportId)
        {
            var latest = (await db.FirstAsync<RevisionRow>(
                """
                SELECT v.revision AS Revision, v.own_id AS OwnId, v.public_id AS PublicId, v.token AS Token, v.fingerprint AS Fingerprint
                FROM report_revision v WHERE v.report_id = @reportId ORDER BY v.revision DESC
                """,
                new { reportId }))!;
            await db.ExecuteAsync(
                """
                UPDATE idempotency SET repeats = repeats + 1, answered_at = @_now
                WHERE council = @council AND client_id = @ClientId AND kind = 1 AND ref_key = @_refKey
                """,
                new { council = report.Council.JurisdictionId, report.ClientId, _refKey, _now });

            if (latest.Fingerprint.AsSpan().SequenceEqual(report.Fingerprint))
                return await LookAsync(db, reportId, latest.Revision) with { Repeat = true };
            if (report.ReferenceIsKey)
                return new AcceptResult { ReportId = reportId, Revision = latest.Revision, OwnId = latest.OwnId, Conflict = true };

            var delivery = await db.FirstAsync<DeliveryRow>(
                """
                SELECT id AS Id, state AS State, doubt AS Doubt, CASE WHEN notes IS NULL THEN 0 ELSE 1 END AS HasNotes
                FROM delivery WHERE report_id = @reportId AND kind = 1 AND state <> 7 ORDER BY revision DESC
                """,
                new { reportId });
            var revision = latest.Revision + 1;
            return delivery switch
            {
                { State: DeliveryState.Pending or DeliveryState.Retrying or DeliveryState.Held or DeliveryState.Failed, Doubt: false, HasNotes: false } =>
                    await ReplaceAsync(db, reportId, revision, latest, delivery.Id),
                { State: DeliveryState.Sent } or null => await AddAsync(db, reportId, revision, latest, after: 0),
                // Something may have been made of it, or has been begun (its notes say what): first its outcome, then the newer content.
                _ => await AddAsync(db, reportId, revision, latest, delivery.Id),
            };
        }

        /// <summary>Nothing was delivered yet: the new content takes the place of the old under the same ids.</summary>
        private async Task<AcceptResult> ReplaceAsync(DbSession db, long reportId, int revision, RevisionRow latest, long deliveryId)
        {
            await InsertRevisionAsync(db, reportId, revision, latest.OwnId, latest.PublicId, latest.Token);
            await db.ExecuteAsync(
                """
                UPDATE delivery SET revision = @revision, state = 0, due = @_now, first_tried = 0, failures = 0, cause = '', dest_key = @Name, lane_id = @laneId
                WHERE id = @deliveryId
                """,
                new { revision, _now, deliveryId, report.Route.Name, laneId });
            await db.ExecuteAsync(
                "UPDATE delivery SET dest_key = @Name, lane_id = @laneId WHERE after_id = @deliveryId AND kind = 3 AND state IN (0, 3)",
                new { deliveryId, report.Route.Name, laneId });
            await UpdateReportAsync(db, reportId, revision, latest.OwnId, latest.PublicId);
            return Result(reportId, revision, deliveryId, latest.OwnId, latest.PublicId, latest.Token);
        }

        /// <summary>It was delivered, or may have been: the new content is a case of its own, with an id of its own.</summary>
        private async Task<AcceptResult> AddAsync(DbSession db, long reportId, int revision, RevisionRow latest, long after)
        {
            var ownId = OwnIds.New(report.Request.Received);
            var token = latest.Token is null ? null : OwnIds.NewToken();
            // One that waits for another's outcome cannot have the back end's id in time.
            var publicId = after == 0 ? IdAtOnce(ownId) : ownId;
            await InsertRevisionAsync(db, reportId, revision, ownId, publicId, token);
            await InsertAliasesAsync(db, reportId, revision, ownId, token);
            var deliveryId = await InsertDeliveryAsync(db, reportId, revision, after);
            await UpdateReportAsync(db, reportId, revision, ownId, publicId);
            return Result(reportId, revision, deliveryId, ownId, publicId, token);
        }

        private Task InsertRevisionAsync(DbSession db, long reportId, int revision, string ownId, string? publicId, string? token) => db.ExecuteAsync(
            """
            INSERT INTO report_revision (report_id, revision, own_id, public_id, token, payload, fingerprint, source, by_whom, received)
            VALUES (@reportId, @revision, @ownId, @publicId, @token, @_payload, @Fingerprint, 'client', @ClientName, @_now)
            """,
            new { reportId, revision, ownId, publicId, token, _payload, report.Fingerprint, report.ClientName, _now });

        /// <summary>The ids of a new case.</summary>
        private async Task InsertAliasesAsync(DbSession db, long reportId, int revision, string ownId, string? token)
        {
            var council = report.Council.JurisdictionId;
            await Aliases.AddNewAsync(db, council, ownId, IdKey.Of(ownId), reportId, revision, AliasKind.Own);
            if (token is not null)
                await Aliases.AddNewAsync(db, council, token, IdKey.Of(token), reportId, revision, AliasKind.Token);
        }

        private Task<long> InsertDeliveryAsync(DbSession db, long reportId, int revision, long after) => db.InsertAsync(
            """
            INSERT INTO delivery (report_id, revision, kind, subject_id, dest_key, lane_id, state, gate, after_id, due, created, first_tried, tries, failures,
                doubt, lease_owner, lease_until, lease_token, cause)
            VALUES (@reportId, @revision, 1, 0, @Name, @laneId, 0, @gate, @after, @_now, @_now, 0, 0, 0, 0, '', 0, '', '')
            """,
            new { reportId, revision, report.Route.Name, laneId, gate = after == 0 ? 0 : 2, after, _now });

        private async Task UpdateReportAsync(DbSession db, long reportId, int revision, string ownId, string? publicId)
        {
            await db.ExecuteAsync(
                """
                UPDATE report SET revision = @revision, service_code = @Code, owner = @ownerName, own_id = @ownId, public_id = @publicId, facts = @_facts,
                    updated = @_now, private = @isPrivate, lat = @Latitude, long = @Longitude
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
            await AttachmentStore.AdoptAsync(db, reportId, report.Request.Attachments);
        }

        /// <summary>The id that is settled with the accept: the gateway's own in queued mode; none yet where the back end's may come.</summary>
        private string? IdAtOnce(string ownId) =>
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
    }

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

        public bool Doubt { get; init; }

        public bool HasNotes { get; init; }
    }

    private sealed class LookRow
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

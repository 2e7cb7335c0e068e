namespace PluginGateway.Core.Storage.SqlServer;

/// <summary>
/// The dialect of SQL Server, in T-SQL that Azure SQL and Babelfish also support. Hints affect only the performance, not the correctness:
/// each statement checks the rows that it changes, so it is also correct where hints are ignored. A claim skips the rows that others have locked and never
/// waits for them: it locks deliveries in the order of their due times, others in the order of their ids.
/// </summary>
internal sealed class SqlServerDialect : ISqlDialect
{
    /// <summary>The name of the folder of its scripts, and its name in the settings.</summary>
    public const string Name = "SqlServer";

    private const string Take = $"""
        UPDATE d
        SET state = {States.Sending}, attempts = d.attempts + 1, lease_owner = @owner, lease_until = @until, lease_token = @token,
            first_tried = CASE WHEN d.first_tried = 0 THEN @now ELSE d.first_tried END
        OUTPUT inserted.id AS Id, inserted.report_id AS ReportId, inserted.revision AS Revision, inserted.kind AS Kind, inserted.subject_id AS SubjectId,
            inserted.dest_key AS DestKey, inserted.lane_id AS LaneId, inserted.attempts AS Attempts, inserted.failures AS Failures,
                inserted.may_have_been_delivered AS MayHaveBeenDelivered,
            inserted.first_tried AS FirstTried, inserted.lease_token AS LeaseToken, inserted.created AS Created, inserted.after_id AS AfterId,
            inserted.absent AS Absent, inserted.notes AS Notes
        """;

    /// <summary>With READ_COMMITTED_SNAPSHOT, READPAST is only permitted together with READCOMMITTEDLOCK.</summary>
    private const string Skip = "READCOMMITTEDLOCK, READPAST, ROWLOCK";

    private const string Waits = $"d.lane_id = @lane AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}";

    public string ClaimDue { get; } = $"""
        {Take}
        FROM delivery AS d WITH ({Skip}) JOIN
            (SELECT TOP (@count) q.id FROM delivery AS q WITH (UPDLOCK, {Skip})
             WHERE q.lane_id = @lane AND q.state < {States.Held} AND q.state <> {States.Sending} AND q.state <> {States.Sent}
                 AND q.hold = {Holds.None} AND q.due <= @now ORDER BY q.due) AS x ON x.id = d.id
        WHERE {Waits} AND d.hold = {Holds.None} AND d.due <= @now
        """;

    public string ClaimPaused { get; } = $"""
        {Take}
        FROM delivery AS d WITH ({Skip}) JOIN
            (SELECT TOP (@count) q.id FROM delivery AS q WITH (UPDLOCK, {Skip}) JOIN report AS r WITH ({Skip}) ON r.id = q.report_id
             WHERE q.lane_id = @lane AND q.state < {States.Held} AND q.state <> {States.Sending} AND q.state <> {States.Sent}
                 AND q.hold = {Holds.Paused} AND q.due <= @now AND r.service_code = @service ORDER BY q.due) AS x ON x.id = d.id
        WHERE {Waits} AND d.hold = {Holds.Paused} AND d.due <= @now
        """;

    public string ClaimOne { get; } = $"""
        {Take}
        FROM delivery AS d
        WHERE d.id = @id AND d.lane_id = @lane AND d.state = {States.Pending} AND d.hold = {Holds.None}
        """;

    // If two hosts insert the same reference at the same time, its key refuses the later row; that write is run again and finds the
    // reference.
    public string RememberReference => $"""
        INSERT INTO idempotency (council, client_id, kind, ref_key, subject_id, answered_at, repeats, expires)
        SELECT @council, @client, {ReferenceKinds.Report}, @ref, @reportId, @now, 0, @expires
        WHERE NOT EXISTS (SELECT 1 FROM idempotency i WHERE i.council = @council AND i.client_id = @client AND i.kind = {ReferenceKinds.Report}
            AND i.ref_key = @ref)
        """;

    public string AddCouncilUpdate => """
        INSERT INTO council_update (council, backend, update_key, case_key, report_id, public_id, status, occurred, received, served, late,
            document_id, payload)
        SELECT @council, @backend, @key, @case, 0, N'', @status, @occurred, @now,
            COALESCE((SELECT MAX(s.served) + 1000 FROM council_update s WHERE s.council = @council AND s.backend = @backend AND s.case_key = @case
                AND s.served >= @at AND s.served < @until), @at),
            CASE WHEN @baseline = 0 AND EXISTS
                (SELECT 1 FROM council_update n WHERE n.council = @council AND n.backend = @backend AND n.case_key = @case AND n.occurred > @occurred
                    AND n.status <> N'unchanged')
                THEN 1 ELSE 0 END,
            @document, @payload
        WHERE NOT EXISTS (SELECT 1 FROM council_update k WHERE k.council = @council AND k.backend = @backend AND k.update_key = @key)
        """;

    public string NowMs => "SELECT DATEDIFF_BIG(millisecond, '1970-01-01', SYSUTCDATETIME())";

    public bool HasSeveralWriters => true;

    public Task<long> InsertAsync(DbSession db, string sql, object parameters) =>
        db.ScalarAsync<long>(sql + "; SELECT CAST(SCOPE_IDENTITY() AS bigint)", parameters);

    public string Length(string column) => $"DATALENGTH({column})";

    public string Page(string skip, string take) => $"OFFSET {skip} ROWS FETCH NEXT {take} ROWS ONLY";
}

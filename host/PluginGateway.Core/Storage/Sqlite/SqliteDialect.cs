using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>The dialect of SQLite. There is one writer at a time, so a claim needs no locks.</summary>
internal sealed class SqliteDialect : ISqlDialect
{
    /// <summary>The name of the folder of its scripts, and its name in the settings.</summary>
    public const string Name = "Sqlite";

    private const string Take = $"""
        UPDATE delivery
        SET state = {States.Sending}, attempts = attempts + 1, lease_owner = @owner, lease_until = @until, lease_token = @token,
            first_tried = CASE WHEN first_tried = 0 THEN @now ELSE first_tried END
        """;

    private const string Taken = """
        RETURNING id AS Id, report_id AS ReportId, revision AS Revision, kind AS Kind, subject_id AS SubjectId, dest_key AS DestKey,
            lane_id AS LaneId, attempts AS Attempts, failures AS Failures, may_have_been_delivered AS MayHaveBeenDelivered, first_tried AS FirstTried,
                lease_token AS LeaseToken,
            created AS Created, after_id AS AfterId, absent AS Absent, notes AS Notes
        """;

    public string ClaimDue { get; } = $"""
        {Take}
        WHERE id IN (SELECT id FROM delivery WHERE lane_id = @lane AND state < {States.Held} AND state <> {States.Sending} AND state <> {States.Sent}
            AND hold = {Holds.None} AND due <= @now ORDER BY due LIMIT @count)
        {Taken}
        """;

    public string ClaimPaused { get; } = $"""
        {Take}
        WHERE id IN (SELECT d.id FROM delivery d JOIN report r ON r.id = d.report_id
            WHERE d.lane_id = @lane AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}
                AND d.hold = {Holds.Paused} AND d.due <= @now AND r.service_code = @service ORDER BY d.due LIMIT @count)
        {Taken}
        """;

    public string ClaimOne { get; } = $"""
        {Take}
        WHERE id = @id AND lane_id = @lane AND state = {States.Pending} AND hold = {Holds.None}
        {Taken}
        """;

    // With NOT EXISTS, SQLite would first write the row to a temporary table.
    public string RememberReference => $"""
        INSERT INTO idempotency (council, client_id, kind, ref_key, subject_id, answered_at, repeats, expires)
        VALUES (@council, @client, {ReferenceKinds.Report}, @ref, @reportId, @now, 0, @expires) ON CONFLICT DO NOTHING
        """;

    public string AddCouncilUpdate => """
        INSERT INTO council_update (council, backend, update_key, case_key, report_id, public_id, status, occurred, received, served, late,
            document_id, payload)
        VALUES (@council, @backend, @key, @case, 0, '', @status, @occurred, @now,
            COALESCE((SELECT MAX(served) + 1000 FROM council_update WHERE council = @council AND backend = @backend AND case_key = @case
                AND served >= @at AND served < @until), @at),
            CASE WHEN @baseline = 0 AND EXISTS (SELECT 1 FROM council_update WHERE council = @council AND backend = @backend AND case_key = @case
                AND occurred > @occurred AND status <> 'unchanged') THEN 1 ELSE 0 END, @document, @payload)
        ON CONFLICT DO NOTHING
        """;

    public string NowMs => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";

    public bool HasSeveralWriters => false;

    /// <summary>
    /// Reads the id from the connection: RETURNING would create a temporary table for one row, and a second statement costs as much as a
    /// small insert.
    /// </summary>
    public async Task<long> InsertAsync(DbSession db, string sql, object parameters)
    {
        await db.ExecuteAsync(sql, parameters);
        return raw.sqlite3_last_insert_rowid(((SqliteConnection)db.Connection).Handle);
    }

    public string Length(string column) => $"LENGTH({column})";

    public string Page(string skip, string take) => $"LIMIT {take} OFFSET {skip}";
}

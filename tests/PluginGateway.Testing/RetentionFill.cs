using System.Globalization;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>
/// Fills a database with the data of 800 days by SQL: reports of every age, all sent except every tenth, which is held; one attempt for
/// each, an update for every fourth, and the clients' references.
/// </summary>
internal static class RetentionFill
{
    public static readonly TimeSpan Oldest = TimeSpan.FromDays(800);

    private const long Day = 24 * 60 * 60 * 1_000;

    /// <summary>Adds copies of a report that was sent.</summary>
    public static async Task AddAsync(IDatabase database, string pattern, int count)
    {
        // Due in the distant future, until the statements below set the times.
        await QueueFill.AddAsync(database, pattern, count, due: long.MaxValue / 2);
        var first = await database.ReadAsync(
            db => db.ScalarAsync<long>("SELECT MIN(id) FROM report WHERE id > @pattern", new { pattern = ReportIds.Read(pattern) }), default);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var last = await database.ReadAsync(db => db.ScalarAsync<long>("SELECT MAX(id) FROM report"), default);
        var values = new { first, begin = now - (long)Oldest.TotalMilliseconds, now, range = last - first + 256, day = Day };
        foreach (var sql in Statements(database))
            await database.WriteAsync(db => db.ExecuteAsync(sql, values), default);
    }

    private static IEnumerable<string> Statements(IDatabase database)
    {
        // Times in the order of the ids, from the oldest to the newest, in steps of one thousandth of the range.
        const string At = "@begin + (id - @first) * 1000 / @range * (@now - @begin) / 1000";
        const string Number = "(id - @first) / 256";
        yield return $"UPDATE report SET received = {At}, updated = {At} WHERE id >= @first";
        yield return $"UPDATE report_revision SET received = {At} WHERE id >= @first";
        yield return $"UPDATE delivery SET created = {At}, due = {At}, attempts = 1, state = CASE WHEN {Number} % 10 = 0 THEN 5 ELSE 2 END WHERE id >= @first";
        yield return """
            INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation)
            SELECT id, 1, created, 0, created, 1, '', '', '', 0 FROM delivery WHERE id >= @first
            """;
        yield return $"""
            INSERT INTO client_update (council, client_id, report_id, backend, backend_id, update_id, status, payload, received)
            SELECT r.council, r.client_id, r.id, 'main', '', 'u', 'open', v.payload, r.received FROM report r JOIN report_revision v ON v.id = r.id
            WHERE r.id >= @first AND {Number.Replace("id", "r.id", StringComparison.Ordinal)} % 4 = 0
            """;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            INSERT INTO idempotency (council, client_id, kind, ref_key, subject_id, answered_at, repeats, expires)
            SELECT council, client_id, 1, {(database.Dialect.HasSeveralWriters ? "CAST(CAST(id AS varchar(20)) AS varbinary(32))" : "CAST(CAST(id AS TEXT) AS BLOB)")}, id, received, 0, received + (400 * @day) FROM report WHERE id >= @first
            """);
    }
}

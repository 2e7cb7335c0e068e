using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>Fills a queue with SQL: copies of one accepted report, with their deliveries.</summary>
internal static class QueueFill
{
    private const int Batch = 50_000;

    /// <summary>The numbers 0 to 99,999, in SQL that every supported database accepts.</summary>
    private static readonly string Numbers =
        $"(SELECT {string.Join(" + ", Enumerable.Range(0, 5).Select(p => $"d{p}.i * {Math.Pow(10, p)}"))} AS i FROM "
            + $"{string.Join(", ", Enumerable.Range(0, 5).Select(p => $"{Digits} d{p}"))}) n";

    private static string Digits => $"({string.Join(" UNION ALL ", Enumerable.Range(0, 10).Select(d => $"SELECT {d} AS i"))})";

    /// <summary>Adds copies of a report with their deliveries.</summary>
    /// <param name="database">The database.</param>
    /// <param name="pattern">The report to copy; its own delivery is not changed.</param>
    /// <param name="count">The number of copies.</param>
    /// <param name="due">The due time, in Unix milliseconds.</param>
    public static async Task AddAsync(IDatabase database, string pattern, int count, long due)
    {
        var begin = ReportIds.New(TimeProvider.System.GetUtcNow());
        // Reserves every id, so that no report accepted later gets one of them.
        for (var i = 1; i < count; i++)
            ReportIds.New(DateTimeOffset.UnixEpoch);
        await AddAsync(database, pattern, count, due, begin, ReportIds.MaxRevisions);
    }

    /// <summary>Adds copies of a report with their deliveries, with ids from a reserved range.</summary>
    /// <param name="database">The database.</param>
    /// <param name="pattern">The report to copy; its own delivery is not changed.</param>
    /// <param name="count">The number of copies.</param>
    /// <param name="due">The due time, in Unix milliseconds.</param>
    /// <param name="begin">The first id.</param>
    /// <param name="step">The distance between two ids.</param>
    public static async Task AddAsync(IDatabase database, string pattern, int count, long due, long begin, long step)
    {
        var from = ReportIds.Read(pattern);
        for (var done = 0; done < count; done += Batch)
        {
            var (first, batch) = (begin + (done * step), Math.Min(Batch, count - done));
            await database.WriteAsync(
                async db =>
                {
                    var values = new { from, first, step, batch, due };
                    await db.ExecuteAsync(
                        $"""
                        INSERT INTO report (id, council, client_id, service_code, owner, own_id, public_id, revision, received, updated, status, private, lat, long)
                        SELECT @first + n.i * @step, council, client_id, service_code, owner, CONCAT('filled-', @first + n.i * @step), CONCAT('filled-', @first + n.i * @step), 1, received, updated, status, private, lat, long
                        FROM report, {Numbers} WHERE n.i < @batch AND id = @from
                        """,
                        values);
                    await db.ExecuteAsync(
                        $"""
                        INSERT INTO report_revision (id, report_id, revision, own_id, public_id, service_id, payload, fingerprint, source, by_whom, received)
                        SELECT @first + n.i * @step, @first + n.i * @step, 1, CONCAT('filled-', @first + n.i * @step), CONCAT('filled-', @first + n.i * @step), service_id, payload, fingerprint, source, by_whom, received
                        FROM report_revision, {Numbers} WHERE n.i < @batch AND id = @from
                        """,
                        values);
                    return await db.ExecuteAsync(
                        $"""
                        INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created, first_tried, attempts, failures,
                            may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
                        SELECT @first + n.i * @step, @first + n.i * @step, 1, 1, 0, dest_key, lane_id, 0, 0, 0, @due, created, 0, 0, 0, 0, '', 0, '', ''
                        FROM delivery, {Numbers} WHERE n.i < @batch AND id = @from
                        """,
                        values);
                },
                default);
        }
    }
}

using PluginGateway.Host.Sending;
using PluginGateway.Host.Storage;

namespace PluginGateway.Testing;

/// <summary>Fills a queue in place: copies of one report that was accepted, with their deliveries, by SQL.</summary>
internal static class QueueFill
{
    private const int Batch = 50_000;

    /// <summary>Adds deliveries of copies of a report.</summary>
    /// <param name="database">The database.</param>
    /// <param name="pattern">The report to copy; its own delivery is left as it is.</param>
    /// <param name="count">How many.</param>
    /// <param name="due">When they are due, in unix milliseconds.</param>
    public static async Task AddAsync(IDatabase database, string pattern, int count, long due)
    {
        for (var done = 0; done < count; done += Batch)
        {
            var (from, first) = (OwnIds.Read(pattern), OwnIds.New(TimeProvider.System.GetUtcNow()));
            var batch = Math.Min(Batch, count - done);
            // Every id of the batch is taken, so that nobody else is given one of them.
            for (var i = 1; i < batch; i++)
                OwnIds.New(DateTimeOffset.UnixEpoch);
            await database.WriteAsync(
                async db =>
                {
                    const string Numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @batch)";
                    var values = new { from, first, batch, due };
                    await db.ExecuteAsync(
                        $"""
                        {Numbers} INSERT INTO report (id, council, client_id, service_code, owner, own_id, public_id, revision, received, updated, status, private, lat, long)
                        SELECT @first + i * 256, council, client_id, service_code, owner, 'filled-' || (@first + i * 256), 'filled-' || (@first + i * 256), 1, received, updated, status, private, lat, long
                        FROM report, n WHERE id = @from
                        """,
                        values);
                    await db.ExecuteAsync(
                        $"""
                        {Numbers} INSERT INTO report_revision (id, report_id, revision, own_id, public_id, service_id, payload, fingerprint, source, by_whom, received)
                        SELECT @first + i * 256, @first + i * 256, 1, 'filled-' || (@first + i * 256), 'filled-' || (@first + i * 256), service_id, payload, fingerprint, source, by_whom, received
                        FROM report_revision, n WHERE id = @from
                        """,
                        values);
                    return await db.ExecuteAsync(
                        $"""
                        {Numbers} INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, gate, after_id, due, created, first_tried, tries, failures,
                            doubt, lease_owner, lease_until, lease_token, cause)
                        SELECT @first + i * 256, @first + i * 256, 1, 1, 0, dest_key, lane_id, 0, 0, 0, @due, created, 0, 0, 0, 0, '', 0, '', ''
                        FROM delivery, n WHERE id = @from
                        """,
                        values);
                },
                default);
        }
    }
}

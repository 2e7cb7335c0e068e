using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Alerts;

/// <summary>
/// Stores incidents: a problem opens an incident, and the end of the problem closes it. The database stores which notifications have been sent, so that the
/// host that holds the leader lock can send missing ones later.
/// </summary>
internal sealed class Incidents(IDatabase database, TimeProvider time)
{
    /// <summary>Opens, updates and closes incidents according to the current problems.</summary>
    public Task SaveAsync(IReadOnlyList<DetectedIncident> problems, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            var open = await db.ListAsync<Incident>($"SELECT {Incident.Columns} FROM incident WHERE closed = 0");
            foreach (var problem in problems)
                if (open.Find(i => i.Is(problem)) is { } known)
                {
                    if (known.Count != problem.Count)
                        await db.ExecuteAsync(
                            "UPDATE incident SET count = @Count, text = @Text WHERE id = @Id",
                            new { known.Id, problem.Count, Text = StoredText.Truncate(problem.Text) });
                }
                else
                {
                    await db.ExecuteAsync(
                        """
                        INSERT INTO incident (council, backend, cause, text, opened, closed, count, notified_open, notified_closed)
                        VALUES (@Council, @BackEnd, @Cause, @Text, @now, 0, @Count, 0, 0)
                        """,
                        new { problem.Council, problem.BackEnd, problem.Cause, Text = StoredText.Truncate(problem.Text), now, problem.Count });
                }

            foreach (var resolved in open.Where(i => !problems.Any(i.Is)))
                await db.ExecuteAsync("UPDATE incident SET closed = @now WHERE id = @Id", new { resolved.Id, now });
            return 0;
        },
        ct);

    /// <summary>Whether any incident is open or has a notification to send. This is a read, so that a gateway without problems writes nothing.</summary>
    public async Task<bool> AnyAsync(CancellationToken ct) => await database.ReadAsync(
        db => db.ScalarAsync<long>("SELECT COUNT(*) FROM incident WHERE closed = 0 OR notified_open = 0 OR notified_closed = 0"), ct) > 0;

    /// <summary>Returns the incidents with notifications to send.</summary>
    public Task<List<Incident>> ListUnnotifiedAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<Incident>(
            $"""
            SELECT {Incident.Columns} FROM incident WHERE notified_open = 0 OR (notified_closed = 0 AND closed > 0) ORDER BY id {database.Dialect.Page("0",
                "100")}
            """),
            ct);

    /// <summary>
    /// Records that a notification has been sent. The record is written after the sending, so that a crash in between repeats the notification. Both
    /// e-mails then have the same Message-ID.
    /// </summary>
    public Task MarkNotifiedAsync(Incident incident, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            "UPDATE incident SET notified_open = 1, notified_closed = CASE WHEN @over > 0 THEN 1 ELSE notified_closed END WHERE id = @Id",
            new { incident.Id, over = incident.Closed > 0 ? 1L : 0L }), ct);
}

/// <summary>A problem with a beginning and an end.</summary>
internal sealed class Incident
{
    public const string Columns = """
        id AS Id, council AS Council, backend AS BackEnd, cause AS Cause, text AS Text, opened AS Opened, closed AS Closed, count AS Count,
        notified_open AS NotifiedOpen
        """;

    public long Id { get; init; }

    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public string Cause { get; init; } = "";

    public string Text { get; init; } = "";

    public long Opened { get; init; }

    public long Closed { get; init; }

    public long Count { get; init; }

    public bool NotifiedOpen { get; init; }

    public bool Is(DetectedIncident problem) => problem.Council == Council && problem.BackEnd == BackEnd && problem.Cause == Cause;
}

using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Alerts;

/// <summary>
/// Incidents in the database: a trouble opens one, and the end of the trouble closes it. What has been told is noted there, so that
/// what could not be told is told later, by whichever host has that duty then.
/// </summary>
internal sealed class Incidents(IDatabase database, TimeProvider time)
{
    /// <summary>Opens, counts on and closes.</summary>
    public Task SaveAsync(IReadOnlyList<DetectedIncident> troubles, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            var open = await db.ListAsync<Incident>($"SELECT {Incident.Columns} FROM incident WHERE closed = 0");
            foreach (var trouble in troubles)
                if (open.Find(i => i.Is(trouble)) is { } known)
                {
                    if (known.Count != trouble.Count)
                        await db.ExecuteAsync(
                            "UPDATE incident SET count = @Count, text = @Text WHERE id = @Id",
                            new { known.Id, trouble.Count, Text = StoredText.Clip(trouble.Text) });
                }
                else
                {
                    await db.ExecuteAsync(
                        """
                        INSERT INTO incident (council, backend, cause, text, opened, closed, count, notified_open, notified_closed)
                        VALUES (@Council, @BackEnd, @Cause, @Text, @now, 0, @Count, 0, 0)
                        """,
                        new { trouble.Council, trouble.BackEnd, trouble.Cause, Text = StoredText.Clip(trouble.Text), now, trouble.Count });
                }

            foreach (var over in open.Where(i => !troubles.Any(i.Is)))
                await db.ExecuteAsync("UPDATE incident SET closed = @now WHERE id = @Id", new { over.Id, now });
            return 0;
        },
        ct);

    /// <summary>Whether any incident is open or has something to tell: a read, so that a quiet gateway writes nothing.</summary>
    public async Task<bool> AnyAsync(CancellationToken ct) => await database.ReadAsync(
        db => db.ScalarAsync<long>("SELECT COUNT(*) FROM incident WHERE closed = 0 OR notified_open = 0 OR notified_closed = 0"), ct) > 0;

    /// <summary>Those that are to be told, as they are now.</summary>
    public Task<List<Incident>> ListUnnotifiedAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<Incident>(
            $"""
            SELECT {Incident.Columns} FROM incident WHERE notified_open = 0 OR (notified_closed = 0 AND closed > 0) ORDER BY id {database.Dialect.Page("0",
                "100")}
            """),
            ct);

    /// <summary>
    /// It was told. Noted after it was, so that one who dies in between leaves it to the next; what is told twice then has the same name both
    /// times.
    /// </summary>
    public Task MarkNotifiedAsync(Incident incident, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            "UPDATE incident SET notified_open = 1, notified_closed = CASE WHEN @over > 0 THEN 1 ELSE notified_closed END WHERE id = @Id",
            new { incident.Id, over = incident.Closed > 0 ? 1L : 0L }), ct);
}

/// <summary>A trouble with a beginning and an end.</summary>
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

    public bool Is(DetectedIncident trouble) => trouble.Council == Council && trouble.BackEnd == BackEnd && trouble.Cause == Cause;
}

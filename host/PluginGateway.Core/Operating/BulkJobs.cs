using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>
/// Stores actions on many reports. The deliveries are stored when the job is created, so that the job acts on exactly those that the preview showed.
/// One host processes them; if it stops, another host continues.
/// </summary>
internal sealed class BulkJobs(IDatabase database, TimeProvider time)
{
    /// <summary>The maximum number of deliveries in one job.</summary>
    public const int MaxItems = 10_000;

    private const string Columns = """
        id AS Id, action AS Action, argument AS Argument, councils AS CouncilList, by_whom AS ByWhom, why AS Why, created AS Created, total AS Total,
        done AS Done, refused AS Refused, ended AS Ended
        """;

    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(90);

    public Task<long> CreateAsync(
        BulkAction action, string argument, IReadOnlyCollection<string> councils, IReadOnlyList<long> deliveries, string who, string why,
        CancellationToken ct) =>
        database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                await db.ExecuteAsync("DELETE FROM bulk_item WHERE job_id IN (SELECT id FROM bulk_job WHERE created < @old)", new { old = now - KeepFor.Ms() });
                await db.ExecuteAsync("DELETE FROM bulk_job WHERE created < @old", new { old = now - KeepFor.Ms() });
                var id = await db.InsertAsync(
                    """
                    INSERT INTO bulk_job (action, argument, councils, by_whom, why, created, total, done, refused, ended)
                    VALUES (@action, @argument, @councils, @who, @why, @now, @total, 0, 0, 0)
                    """,
                    new
                    {
                        action = action.ToString(),
                        argument,
                        councils = StoredText.Truncate(string.Join(',', councils)),
                        who,
                        why = StoredText.Truncate(why),
                        now,
                        total = deliveries.Count,
                    });
                await db.EachAsync(
                    "INSERT INTO bulk_item (job_id, number, delivery_id, state, text) VALUES (@job, @number, @delivery, 0, @none)",
                    [.. deliveries.Select((d, n) => (Delivery: d, Number: (long)n))],
                    (insert, item) => insert.Set("@job", id).Set("@number", item.Number).Set("@delivery", item.Delivery).Set("@none", ""));
                return id;
            },
            ct);

    public Task<BulkJob?> FindAsync(long id, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<BulkJob>($"SELECT {Columns} FROM bulk_job WHERE id = @id", new { id }), ct);

    /// <summary>Returns the oldest job that has not ended.</summary>
    public Task<BulkJob?> NextAsync(CancellationToken ct) =>
        database.ReadAsync(db => db.FirstAsync<BulkJob>($"SELECT {Columns} FROM bulk_job WHERE ended = 0 ORDER BY id {db.Dialect.Page("0", "1")}"), ct);

    public Task<List<BulkItem>> OpenAsync(long id, int max, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<BulkItem>(
            $"""
            SELECT number AS Number, delivery_id AS DeliveryId, state AS State, text AS Text FROM bulk_item
            WHERE job_id = @id AND state = {BulkItemStates.Waiting} ORDER BY number {db.Dialect.Page("0", "@max")}
            """,
            new { id, max }),
        ct);

    /// <summary>Returns the items that were refused, with the reasons.</summary>
    public Task<List<BulkItem>> RefusedAsync(long id, int max, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<BulkItem>(
            $"""
            SELECT number AS Number, delivery_id AS DeliveryId, state AS State, text AS Text FROM bulk_item
            WHERE job_id = @id AND state = {BulkItemStates.Refused} ORDER BY number {db.Dialect.Page("0", "@max")}
            """,
            new { id, max }),
        ct);

    public Task RecordAsync(long id, IReadOnlyList<(long Number, ActionOutcome Outcome)> outcomes, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var changed = await db.EachAsync(
                $"UPDATE bulk_item SET state = @state, text = @text WHERE job_id = @job AND number = @number AND state = {BulkItemStates.Waiting}",
                outcomes,
                (update, o) =>
                    update.Set("@state", (long)(o.Outcome.Done ? BulkItemState.Done : BulkItemState.Refused)).Set("@text", StoredText.Truncate(o.Outcome.Text))
                        .Set("@job", id).Set("@number", o.Number));
            var done = outcomes.Where((o, i) => changed[i] > 0 && o.Outcome.Done).Count();
            return await db.ExecuteAsync(
                "UPDATE bulk_job SET done = done + @done, refused = refused + @refused WHERE id = @id", new { id, done, refused = changed.Sum() - done });
        },
        ct);

    public Task EndAsync(long id, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync("UPDATE bulk_job SET ended = @now WHERE id = @id AND ended = 0", new { id, now = time.NowMs() }), ct);
}

/// <summary>The actions of bulk jobs. The names are stored in the database.</summary>
internal enum BulkAction
{
    Resend,

    /// <summary>Also resends deliveries that may have been delivered.</summary>
    ResendAlthough,
    Cancel,
    MarkSent,
    Route,
    Acknowledge,
}

internal sealed class BulkJob
{
    public long Id { get; init; }

    public string Action { get; init; } = "";

    public string Argument { get; init; } = "";

    public string CouncilList { get; init; } = "";

    public string ByWhom { get; init; } = "";

    public string Why { get; init; } = "";

    public long Created { get; init; }

    public long Total { get; init; }

    public long Done { get; init; }

    public long Refused { get; init; }

    public long Ended { get; init; }

    public IReadOnlyList<string> Councils => CouncilList.Split(',', StringSplitOptions.RemoveEmptyEntries);
}

internal sealed class BulkItem
{
    public long Number { get; init; }

    public long DeliveryId { get; init; }

    public BulkItemState State { get; init; }

    public string Text { get; init; } = "";
}

internal enum BulkItemState
{
    Waiting = 0,
    Done = 1,
    Refused = 2,
}

/// <summary>The values of <see cref="BulkItemState"/> that SQL statements use.</summary>
internal static class BulkItemStates
{
    public const string Waiting = "0";
    public const string Refused = "2";
}

using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Background;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.People;

/// <summary>
/// Indexes the people in reports and client updates, on one host at a time, a quarter of an hour after they were received: by then, each commit has been
/// answered or given up. Later ones are compared directly by a search. Later revisions of a report are indexed when they are accepted.
/// </summary>
internal sealed class PersonIndex(
    IDatabase database, LeaderLocks leaderLocks, IOptions<SearchOptions> options, TimeProvider time, ILogger<PersonIndex> log) : PeriodicWork(time, log)
{
    private const string ReportCheckpoint = "people-reports";
    private const string UpdateCheckpoint = "people-updates";
    private const int Batch = 200;

    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(15);

    /// <summary>The delay between two batches, which leaves the database free for other operations.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    protected override string Purpose => "Indexing people";

    protected override TimeSpan Every => options.Value.IndexEvery;

    /// <summary>Returns the last report and the last client update that are indexed.</summary>
    public static async Task<(long Report, long Update)> MarksAsync(DbSession db) =>
        (await Checkpoints.FindAsync(db, ReportCheckpoint) ?? 0, await Checkpoints.FindAsync(db, UpdateCheckpoint) ?? 0);

    /// <summary>Indexes the next batch of reports and of client updates.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> StepAsync(CancellationToken ct) => await StepAsync(PersonTerms.Reports, ct) | await StepAsync(PersonTerms.Updates, ct);

    /// <summary>Returns the person in stored content; null if the content has been deleted or cannot be parsed.</summary>
    public static Reporter? PersonIn(int kind, byte[] payload)
    {
        try
        {
            return payload.Length == 0 ? null
                : kind == PersonTerms.Reports ? JsonSerializer.Deserialize(payload, ReportJson.Default.StoredReport)?.Reporter
                : JsonSerializer.Deserialize(payload, ReportJson.Default.StoredClientUpdate)?.Author;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Returns the statement that selects the next reports or updates after <c>@after</c>, with all their content.</summary>
    public static string Select(int kind, ISqlDialect dialect) => kind == PersonTerms.Reports
        ? $"""
        SELECT r.id AS Id, r.received AS Received, v.payload AS Payload FROM report r JOIN report_revision v ON v.id BETWEEN r.id AND r.id + 255
        WHERE r.id IN (SELECT n.id FROM report n WHERE n.id > @after ORDER BY n.id {dialect.Page("0", "@max")}) ORDER BY r.id
        """
        : $"""
        SELECT u.id AS Id, u.received AS Received, u.payload AS Payload FROM client_update u WHERE u.id > @after ORDER BY u.id {dialect.Page("0", "@max")}
        """;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (await leaderLocks.TryHoldAsync("people", stoppingToken))
            while (await StepAsync(stoppingToken))
                await Task.Delay(Pause, Time, stoppingToken);
    }

    private async Task<bool> StepAsync(int kind, CancellationToken ct)
    {
        var (checkpoint, before) = (kind == PersonTerms.Reports ? ReportCheckpoint : UpdateCheckpoint, Time.NowMs() - Lag.Ms());
        var rows = await database.ReadAsync(
            async db =>
            {
                var after = await Checkpoints.FindAsync(db, checkpoint) ?? 0;
                return await db.ListAsync<PersonRow>(Select(kind, db.Dialect), new { after, max = Batch });
            },
            ct);
        var due = rows.TakeWhile(r => r.Received < before).ToList();
        if (due.Count == 0)
            return false;

        await database.WriteAsync(
            async db =>
            {
                foreach (var row in due)
                    if (PersonIn(kind, row.Payload) is { } person)
                        await PersonTerms.AddAsync(db, person, kind, row.Id);
                return await Checkpoints.SetAsync(db, checkpoint, due[^1].Id);
            },
            ct);
        return due.Count == rows.Count;
    }

    internal sealed class PersonRow
    {
        public long Id { get; init; }

        public long Received { get; init; }

        public byte[] Payload { get; init; } = [];
    }
}

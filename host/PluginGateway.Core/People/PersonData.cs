using System.Globalization;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.People;

/// <summary>Finds and erases what is kept of one person, by an e-mail address or a telephone number.</summary>
internal sealed class PersonData(IDatabase database, TimeProvider time)
{
    /// <summary>The maximum number of reports and updates of one person.</summary>
    private const int MaxFound = 2_000;

    /// <summary>The number of reports and updates that are too recent for the index, and are compared directly, in one step.</summary>
    private const int Window = 200;

    /// <summary>How many of them are compared before the search gives up.</summary>
    private const int MaxCompared = 50_000;

    /// <summary>Finds the reports and client updates of a person. The search is recorded in the audit log without the address or number.</summary>
    /// <returns>The data; or the reason why there was no search.</returns>
    public async Task<(PersonFound? Found, string Problem)> FindAsync(string? value, string who, string why, CancellationToken ct)
    {
        if (PersonTerms.Normal(value) is not { } normal)
            return (null, "Enter an e-mail address, or a telephone number with at least 7 digits.");

        var found = await SearchAsync(normal, ct);
        if (found is null)
            return (null, "The index of people is still being built. Try again later.");
        await RecordAsync("person-find", normal, before: "", found.ToString(), who, why, ct);
        return (found, "");
    }

    /// <summary>Returns what a search has just found, to show it again; null if it can no longer be found.</summary>
    public Task<PersonFound?> ShowAsync(string value, CancellationToken ct) =>
        PersonTerms.Normal(value) is { } normal ? SearchAsync(normal, ct) : Task.FromResult<PersonFound?>(null);

    /// <summary>Erases the content of a person's reports and updates, and everything that belongs to the reports. Ids, times and states are kept.</summary>
    public async Task<ActionOutcome> EraseAsync(string? value, string who, string why, CancellationToken ct)
    {
        if (PersonTerms.Normal(value) is not { } normal)
            return ActionOutcome.No("Enter an e-mail address, or a telephone number with at least 7 digits.");
        if (await SearchAsync(normal, ct) is not { } found)
            return ActionOutcome.No("The index of people is still being built. Try again later.");
        if (found.IsEmpty)
            return ActionOutcome.No("Nothing is kept of this person.");

        var (reports, updates, waiting) = (0, 0, 0);
        foreach (var id in found.Reports.Select(r => r.Id))
            if (await database.WriteAsync(db => EraseReportAsync(db, id), ct))
                reports++;
            else
                waiting++;
        foreach (var id in found.Updates.Where(u => !found.Reports.Any(r => r.Id == u.ReportId)).Select(u => u.Id))
            if (await database.WriteAsync(db => EraseUpdateAsync(db, id), ct))
                updates++;
            else
                waiting++;

        var text = $"{Count(reports, "report")} and {Count(updates, "update")} erased.";
        await RecordAsync("person-erase", normal, found.ToString(), text, who, why, ct);
        return waiting == 0
            ? ActionOutcome.Yes(text)
            : ActionOutcome.No($"{text} {waiting} still wait to be sent: send or cancel them, then erase again.");
    }

    /// <summary>Records an action in the audit log, which identifies the person only by a hash.</summary>
    internal Task RecordAsync(string action, string normal, string before, string after, string who, string why, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await Audit.AddAsync(db, time.NowMs(), who, action, "", $"person {PersonTerms.Of(normal):x16}", before, after, why);
            return true;
        },
        ct);

    /// <summary>Returns the reports and client updates of a person; null if the index is not complete.</summary>
    internal async Task<PersonFound?> SearchAsync(string normal, CancellationToken ct)
    {
        var reports = await CandidatesAsync(PersonTerms.Reports, normal, ct);
        var updates = await CandidatesAsync(PersonTerms.Updates, normal, ct);
        if (reports is null || updates is null)
            return null;

        return await database.ReadAsync(
            async db => new PersonFound(
                await db.ListAsync<PersonReport>(
                    """
                    SELECT id AS Id, council AS Council, own_id AS OwnId, service_code AS Service, received AS Received, status AS Status
                    FROM report WHERE id IN @reports ORDER BY id
                    """,
                    new { reports }),
                await db.ListAsync<PersonUpdate>(
                    """
                    SELECT id AS Id, report_id AS ReportId, council AS Council, update_id AS UpdateId, received AS Received
                    FROM client_update WHERE id IN @updates ORDER BY id
                    """,
                    new { updates })),
            ct);
    }

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>Returns the ids of the reports or updates of a person: those in the index, and the recent ones that are not in it yet.</summary>
    private async Task<IReadOnlyList<long>?> CandidatesAsync(int kind, string normal, CancellationToken ct)
    {
        var term = PersonTerms.Of(normal);
        var (indexed, mark) = await database.ReadAsync(
            async db =>
            {
                var (report, update) = await PersonIndex.MarksAsync(db);
                var ids = await db.ListAsync<long>(
                    $"SELECT subject_id FROM person_term WHERE term = @term AND kind = @kind ORDER BY subject_id {db.Dialect.Page("0", "@max")}",
                    new { term, kind, max = MaxFound });
                return (ids, kind == PersonTerms.Reports ? report : update);
            },
            ct);
        var found = new List<long>();
        foreach (var batch in indexed.Chunk(Window))
            found.AddRange(Matching(kind, normal, await database.ReadAsync(db => db.ListAsync<PersonIndex.PersonRow>(ContentOf(kind), new { batch }), ct)));

        for (var (after, compared) = (mark, 0); ;)
        {
            var rows = await database.ReadAsync(
                db => db.ListAsync<PersonIndex.PersonRow>(PersonIndex.Select(kind, db.Dialect), new { after, max = Window }), ct);
            found.AddRange(Matching(kind, normal, rows));
            if (rows.Count < Window)
                return [.. found.Distinct()];
            (after, compared) = (rows[^1].Id, compared + rows.Count);
            if (compared > MaxCompared)
                return null;
        }
    }

    private static IEnumerable<long> Matching(int kind, string normal, IEnumerable<PersonIndex.PersonRow> rows) =>
        rows.Where(r => PersonIndex.PersonIn(kind, r.Payload) is { } person && PersonTerms.Matches(person, normal)).Select(r => r.Id);

    private static string ContentOf(int kind) => kind == PersonTerms.Reports
        ? """
        SELECT r.id AS Id, r.received AS Received, v.payload AS Payload FROM report r JOIN report_revision v ON v.id BETWEEN r.id AND r.id + 255
        WHERE r.id IN @batch
        """
        : "SELECT id AS Id, received AS Received, payload AS Payload FROM client_update WHERE id IN @batch";

    /// <summary>Erases a report, unless something of it still has to be sent.</summary>
    private static async Task<bool> EraseReportAsync(DbSession db, long id)
    {
        await ReportLock.AcquireAsync(db, id);
        var (last, none) = (ReportIds.LastRevisionId(id), Array.Empty<byte>());
        if (await db.ScalarAsync<long>(
            $"""
            SELECT COUNT(*) FROM delivery
            WHERE (id BETWEEN @id AND @last OR (report_id = @id AND kind <> {Kinds.Report})) AND state NOT IN ({States.Sent}, {States.Cancelled})
            """,
            new { id, last }) > 0)
            return false;

        await ReportTerms.RemoveAsync(db, [id]);
        await PersonTerms.RemoveAsync(db, PersonTerms.Reports, [id]);
        await db.ExecuteAsync("UPDATE report_revision SET payload = @none, notice = NULL WHERE id BETWEEN @id AND @last", new { id, last, none });
        var updates = await db.ListAsync<long>("SELECT id FROM client_update WHERE report_id = @id", new { id });
        if (updates.Count > 0)
        {
            await PersonTerms.RemoveAsync(db, PersonTerms.Updates, updates);
            await db.ExecuteAsync("UPDATE client_update SET payload = @none WHERE report_id = @id", new { id, none });
        }

        await db.ExecuteAsync("UPDATE follow_up SET data = @none WHERE report_id = @id", new { id, none });
        await db.ExecuteAsync("UPDATE council_update SET payload = @none WHERE report_id = @id", new { id, none });
        await db.ExecuteAsync("UPDATE attempt SET detail = '' WHERE delivery_id BETWEEN @id AND @last", new { id, last });
        await EraseFilesAsync(db, await db.ListAsync<long>("SELECT id FROM attachment WHERE report_id = @id", new { id }));
        await db.ExecuteAsync("UPDATE report SET done = updated, facts = NULL WHERE id = @id", new { id });
        return true;
    }

    /// <summary>Erases an update of somebody else's report, unless it still has to be sent.</summary>
    private static async Task<bool> EraseUpdateAsync(DbSession db, long id)
    {
        if (await db.ScalarAsync<long>(
            $"""
            SELECT COUNT(*) FROM delivery d JOIN client_update u ON u.id = @id AND d.report_id = u.report_id
            WHERE d.kind = {Kinds.Update} AND d.kind <> {Kinds.Report} AND d.subject_id = @id AND d.state NOT IN ({States.Sent}, {States.Cancelled})
            """,
            new { id }) > 0)
            return false;

        var payload = await db.ScalarAsync<byte[]>("SELECT payload FROM client_update WHERE id = @id", new { id }) ?? [];
        await EraseFilesAsync(db, StoredAttachments(payload));
        await PersonTerms.RemoveAsync(db, PersonTerms.Updates, [id]);
        await db.ExecuteAsync("UPDATE client_update SET payload = @none WHERE id = @id", new { id, none = Array.Empty<byte>() });
        return true;
    }

    private static IReadOnlyList<long> StoredAttachments(byte[] payload) => payload.Length == 0
        ? []
        : [.. System.Text.Json.JsonSerializer.Deserialize(payload, ReportJson.Default.StoredClientUpdate)!.Attachments.Select(a => Math.Abs(a.Id))];

    private static async Task EraseFilesAsync(DbSession db, IReadOnlyList<long> ids)
    {
        if (ids.Count == 0)
            return;
        await db.ExecuteAsync("DELETE FROM attachment WHERE id IN @ids", new { ids });
        await db.ExecuteAsync(AttachmentStore.DeleteChunks, new { ids });
    }
}

/// <summary>What is kept of a person.</summary>
internal sealed record PersonFound(IReadOnlyList<PersonReport> Reports, IReadOnlyList<PersonUpdate> Updates)
{
    public bool IsEmpty => Reports.Count + Updates.Count == 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Reports.Count} reports, {Updates.Count} updates");
}

internal sealed class PersonReport
{
    public long Id { get; init; }

    public string Council { get; init; } = "";

    /// <summary>The gateway's id of the report.</summary>
    public string OwnId { get; init; } = "";

    public string Service { get; init; } = "";

    public long Received { get; init; }

    public string Status { get; init; } = "";
}

internal sealed class PersonUpdate
{
    public long Id { get; init; }

    public long ReportId { get; init; }

    public string Council { get; init; } = "";

    public string UpdateId { get; init; } = "";

    public long Received { get; init; }
}

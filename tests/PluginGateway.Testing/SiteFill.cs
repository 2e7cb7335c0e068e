using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>
/// Fills a database with a month of reports by SQL: all sent except a few in a thousand, which are held, retrying or waiting; one attempt
/// for each; and the search terms: one in all reports, one in every third, one in every ten-thousandth.
/// </summary>
internal static class SiteFill
{
    public const string Common = "road";
    public const string Often = "pothole";
    public const string Rare = "zebra";

    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    /// <summary>Adds copies of a sent report, received during the last month.</summary>
    /// <returns>The first id and the distance between two ids. The report at index 7 was sent.</returns>
    public static async Task<(long First, long Step)> AddAsync(IDatabase database, string pattern, string council, string service, int count)
    {
        // The terms are inserted below, so the index job must skip these reports.
        await database.WriteAsync(db => Checkpoints.SetAsync(db, ReportTermIndex.Checkpoint, long.MaxValue), default);
        var now = TimeProvider.System.GetUtcNow();
        var (first, step) = (ReportIds.First(now - Month),
            (ReportIds.First(now) - ReportIds.First(now - Month)) / (count + 1) / ReportIds.MaxRevisions * ReportIds.MaxRevisions);
        await QueueFill.AddAsync(database, pattern, count, due: long.MaxValue / 2, first, step);
        var values = new
        {
            first,
            step,
            last = first + (count * step),
            begin = (now - Month).ToUnixTimeMilliseconds(),
            aMillisecond = ReportIds.First(now) - ReportIds.First(now - TimeSpan.FromMilliseconds(1)),
            later = now.Add(Month).ToUnixTimeMilliseconds(),
            common = ReportTerms.OfWord(council, Common),
            often = ReportTerms.OfWord(council, Often),
            rare = ReportTerms.OfWord(council, Rare),
            service = ReportTerms.OfService(council, service),
            backEnd = ReportTerms.OfBackEnd(council, "email"),
        };
        const string Those = "id >= @first AND id < @last";
        const string Number = "((id - @first) / @step)";
        const string At = "@begin + (id - @first) / @aMillisecond";
        foreach (var sql in (string[])
        [
            $"UPDATE report SET received = {At}, updated = {At} WHERE {Those}",
            $"UPDATE report_revision SET received = {At} WHERE {Those}",
            $"""
            UPDATE delivery SET created = {At}, due = CASE {Number} % 1000 WHEN 1 THEN @later ELSE {At} END, first_tried = {At}, attempts = 1,
                state = CASE {Number} % 1000 WHEN 0 THEN 5 WHEN 1 THEN 3 ELSE 2 END, cause = CASE {Number} % 1000 WHEN 0 THEN 'The code is not known.' WHEN 1 THEN 'No answer.' ELSE '' END WHERE {Those}
            """,
            $"""
            INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation) SELECT id, 1, created, created, created + 300, 1, '', '', '', 1 FROM delivery WHERE {Those}
            """,
            $"INSERT INTO report_term (term, report_id) SELECT @common, id FROM report WHERE {Those}",
            $"INSERT INTO report_term (term, report_id) SELECT @service, id FROM report WHERE {Those}",
            $"INSERT INTO report_term (term, report_id) SELECT @backEnd, id FROM report WHERE {Those}",
            $"INSERT INTO report_term (term, report_id) SELECT @often, id FROM report WHERE {Those} AND {Number} % 3 = 0",
            $"INSERT INTO report_term (term, report_id) SELECT @rare, id FROM report WHERE {Those} AND {Number} % 10000 = 7",
        ])
            await database.WriteAsync(db => db.ExecuteAsync(sql, values), default);
        foreach (var mark in (string[])[ReportTermIndex.BackEndCheckpoint, ReportTermIndex.Checkpoint])
            await database.WriteAsync(db => Checkpoints.SetAsync(db, mark, values.last), default);
        return (first, step);
    }
}

using PluginGateway.Host.Retention;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Sending.Operating;
using PluginGateway.Host.Storage;

namespace PluginGateway.Testing;

/// <summary>
/// A month of reports, filled in place by SQL: all sent but some in a thousand, which are held, tried again or wait; a try of each; and the words by
/// which they are found: one that all have, one that every third has, one of every ten thousandth.
/// </summary>
internal static class SiteFill
{
    public const string Common = "road";
    public const string Often = "pothole";
    public const string Rare = "zebra";

    private const long Month = 30L * 24 * 60 * 60 * 1_000;

    /// <summary>Adds copies of a report that was sent.</summary>
    /// <returns>The number of the delivery of one of them, which was sent.</returns>
    public static async Task<long> AddAsync(IDatabase database, string pattern, string council, string service, int count)
    {
        // The words are put in here: nobody else looks for them meanwhile.
        await database.WriteAsync(db => RetentionMarks.SetAsync(db, "terms", long.MaxValue), default);
        await QueueFill.AddAsync(database, pattern, count, due: long.MaxValue / 2);
        var first = await database.ReadAsync(db => db.ScalarAsync<long>("SELECT MIN(id) FROM report WHERE id > @pattern", new { pattern = OwnIds.Read(pattern) }), default);
        var last = await database.ReadAsync(db => db.ScalarAsync<long>("SELECT MAX(id) FROM report"), default);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var values = new
        {
            first,
            begin = now - Month,
            month = Month,
            range = last - first + 256,
            common = ReportTerms.OfWord(council, Common),
            often = ReportTerms.OfWord(council, Often),
            rare = ReportTerms.OfWord(council, Rare),
            service = ReportTerms.OfService(council, service),
        };
        const string Number = "((id - @first) / 256)";
        const string At = "@begin + (id - @first) * 1000 / @range * (@month / 1000)";
        foreach (var sql in (string[])
        [
            $"UPDATE report SET received = {At}, updated = {At} WHERE id >= @first",
            $"UPDATE report_revision SET received = {At} WHERE id >= @first",
            $"""
            UPDATE delivery SET created = {At}, due = CASE {Number} % 1000 WHEN 1 THEN @begin + 2 * @month ELSE {At} END, first_tried = {At}, tries = 1,
                state = CASE {Number} % 1000 WHEN 0 THEN 5 WHEN 1 THEN 3 ELSE 2 END, cause = CASE {Number} % 1000 WHEN 0 THEN 'The code is not known.' WHEN 1 THEN 'No answer.' ELSE '' END WHERE id >= @first
            """,
            "INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation) SELECT id, 1, created, created, created + 300, 1, '', '', '', 1 FROM delivery WHERE id >= @first",
            "INSERT INTO report_term (term, report_id) SELECT @common, id FROM report WHERE id >= @first",
            "INSERT INTO report_term (term, report_id) SELECT @service, id FROM report WHERE id >= @first",
            $"INSERT INTO report_term (term, report_id) SELECT @often, id FROM report WHERE id >= @first AND {Number} % 3 = 0",
            $"INSERT INTO report_term (term, report_id) SELECT @rare, id FROM report WHERE id >= @first AND {Number} % 10000 = 7",
        ])
            await database.WriteAsync(db => db.ExecuteAsync(sql, values), default);
        await database.WriteAsync(db => RetentionMarks.SetAsync(db, "terms", last), default);
        return first + (7 * 256);
    }
}

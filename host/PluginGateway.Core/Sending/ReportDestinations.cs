using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Finds the back end that has, or will have, the case of a report.</summary>
internal sealed class ReportDestinations(IDatabase database)
{
    /// <summary>Returns the delivery that creates the case of an id, and its back end.</summary>
    /// <param name="council">The council.</param>
    /// <param name="reportId">The report.</param>
    /// <param name="revision">The revision for which the id was published. A revision that replaced it before it was sent has the same id.</param>
    /// <param name="ct">Cancels the read.</param>
    public async Task<(BackEnd? BackEnd, long DeliveryId)> OfAsync(Council council, long reportId, int revision, CancellationToken ct)
    {
        var row = await database.ReadAsync(
            db => db.FirstAsync<DestinationRow>(
                $"""
                SELECT id AS Id, dest_key AS DestKey FROM delivery WHERE id BETWEEN @reportId AND @last
                ORDER BY CASE WHEN state = {States.Cancelled} THEN 1 ELSE 0 END, CASE WHEN revision >= @revision THEN revision
                    ELSE 1000000 - revision END {database.Dialect.Page("0", "1")}
                """,
                new { reportId, last = ReportIds.LastRevisionId(reportId), revision }),
            ct);
        return row is null ? (null, 0) : (council.BackEnds.GetValueOrDefault(row.DestKey), row.Id);
    }

    private sealed class DestinationRow
    {
        public long Id { get; init; }

        public string DestKey { get; init; } = "";
    }
}

using PluginGateway.Host.Councils;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>Which back end has a report's case, or will have it.</summary>
internal sealed class ReportDestinations(IDatabase database)
{
    public async Task<BackEnd?> OfAsync(Council council, long reportId, int revision, CancellationToken ct)
    {
        var name = await database.ReadAsync(
            db => db.ScalarAsync<string>(
                $"""
                SELECT dest_key FROM delivery WHERE report_id = @reportId AND kind = 1 AND state <> 7
                ORDER BY CASE WHEN revision = @revision THEN 0 ELSE 1 END, revision DESC {database.Dialect.Page("0", "1")}
                """,
                new { reportId, revision }),
            ct);
        return name is null ? null : council.BackEnds.GetValueOrDefault(name);
    }
}

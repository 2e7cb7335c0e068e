using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>News about reports for the clients, as stored. They are served by the time they were learned, so that a window never misses one.</summary>
internal static class CouncilUpdates
{
    /// <summary>Adds news; the same id again is the same news.</summary>
    public static Task AddAsync(DbSession db, string council, string backEnd, long reportId, string publicId, CouncilUpdate update, long now)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(update, ReportJson.Default.CouncilUpdate);
        return db.ExecuteAsync(
            """
            INSERT INTO council_update (council, backend, update_id, report_id, public_id, happened, learned, payload)
            SELECT @council, @backEnd, @UpdateId, @reportId, @publicId, @happened, @now, @payload
            WHERE NOT EXISTS (SELECT 1 FROM council_update WHERE council = @council AND backend = @backEnd AND update_id = @UpdateId)
            """,
            new { council, backEnd, update.UpdateId, reportId, publicId, happened = update.Happened.ToUnixTimeMilliseconds(), now, payload });
    }
}

using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>Stores the gateway's own updates together with those of councils.</summary>
internal sealed class GatewayUpdates(ServedTimes servedTimes) : IUpdatePublisher
{
    public async Task PublishAsync(DbSession db, string council, long reportId, string publicId, CouncilUpdate update, long now)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(StoredCouncilUpdate.Of(update), ReportJson.Default.StoredCouncilUpdate);
        await db.ExecuteAsync(
            """
            INSERT INTO council_update
                (council, backend, update_key, case_key, report_id, public_id, status, occurred, received, served, late, document_id, payload)
            SELECT @council, '', @key, @none, @reportId, @publicId, @Status, @occurred, @now, @served, 0, 0, @payload
            WHERE NOT EXISTS (SELECT 1 FROM council_update WHERE council = @council AND backend = '' AND update_key = @key)
            """,
            new
            {
                council,
                key = IdKey.Of(update.UpdateId),
                none = Array.Empty<byte>(),
                reportId,
                publicId,
                update.Status,
                occurred = update.OccurredAt.ToUnixTimeMilliseconds(),
                now,
                served = await servedTimes.NextAsync(db, council, now),
                payload,
            });
    }
}

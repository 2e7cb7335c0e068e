using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Stores the steps that remain after a case has been created. Each is a separate delivery, and they run one after another.</summary>
internal static class FollowUps
{
    public static async Task AddAsync(DbSession db, ClaimedDelivery delivery, IReadOnlyList<FollowUp> followUps, long now)
    {
        var (after, afterDelivery) = (0L, 0L);
        foreach (var followUp in followUps)
        {
            var notBefore = now + followUp.NotBefore.Ms();
            var data = JsonSerializer.SerializeToUtf8Bytes(followUp, ReportJson.Default.FollowUp);
            var id = await db.InsertAsync(
                """
                INSERT INTO follow_up (report_id, kind, data, after_id, not_before) VALUES (@ReportId, @Kind, @data, @after, @notBefore)
                """,
                new { delivery.ReportId, followUp.Kind, data, after, notBefore });
            var newId = ReportIds.New(UnixTime.At(now));
            await db.ExecuteAsync(
                $"""
                INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created, first_tried,
                    attempts, failures, may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
                VALUES (@newId, @ReportId, @Revision, {Kinds.FollowUp}, @id, @DestKey, @LaneId, {States.Pending}, @hold, @afterDelivery, @notBefore,
                    @now, 0, 0, 0, 0, '', 0, '', '')
                """,
                new
                {
                    newId,
                    delivery.ReportId,
                    delivery.Revision,
                    id,
                    delivery.DestKey,
                    delivery.LaneId,
                    hold = (int)(after == 0 ? DeliveryHold.None : DeliveryHold.WaitsForEarlier),
                    afterDelivery,
                    notBefore,
                    now,
                });
            (after, afterDelivery) = (id, newId);
        }
    }

    public static async Task<FollowUp?> FindAsync(IDatabase database, long id, CancellationToken ct)
    {
        var data = await database.ReadAsync(db => db.ScalarAsync<byte[]>("SELECT data FROM follow_up WHERE id = @id", new { id }), ct);
        return data is null or [] ? null : JsonSerializer.Deserialize(data, ReportJson.Default.FollowUp);
    }
}

using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>
/// Stores which reports operators have snoozed, and their notes. A snoozed report is known to an operator. Until the snooze ends, it is counted
/// separately, so that nobody investigates it twice. Neither snoozes nor notes affect sending.
/// </summary>
internal sealed class Acknowledgements(IDatabase database, TimeProvider time)
{
    public Task<Acknowledgement?> FindAsync(long reportId, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<Acknowledgement>(
            "SELECT until AS Until, by_whom AS ByWhom, at AS At, reason AS Reason FROM acknowledgement WHERE report_id = @reportId", new { reportId }), ct);

    /// <summary>Snoozes a report until a time. A time in the past ends the snooze.</summary>
    public Task<ActionOutcome> SetAsync(DeliveryReference target, DateTimeOffset until, string who, string why, CancellationToken ct) => target.ReportId == 0
        ? Task.FromResult(ActionOutcome.No("Only reports can be snoozed."))
        : database.WriteAsync(
            async db =>
            {
                var row = new { target.ReportId, until = until.ToUnixTimeMilliseconds(), who, now = time.NowMs(), why = StoredText.Truncate(why) };
                var isOn = row.until > row.now;
                if (!isOn)
                    await db.ExecuteAsync("DELETE FROM acknowledgement WHERE report_id = @ReportId", row);
                else if (await db.ExecuteAsync(
                    "UPDATE acknowledgement SET until = @until, by_whom = @who, at = @now, reason = @why WHERE report_id = @ReportId", row) == 0)
                    await db.ExecuteAsync(
                        "INSERT INTO acknowledgement (report_id, until, by_whom, at, reason) VALUES (@ReportId, @until, @who, @now, @why)", row);
                var after = isOn ? $"snoozed until {until:yyyy-MM-dd HH:mm} UTC" : "no longer snoozed";
                await Audit.AddAsync(db, row.now, who, "acknowledge", target.Council, target.OwnId, "", after, why);
                return ActionOutcome.Yes(isOn ? $"Snoozed until {until:yyyy-MM-dd HH:mm} UTC." : "No longer snoozed.");
            },
            ct);

    /// <summary>Adds a note to the history of a report.</summary>
    public Task<ActionOutcome> NoteAsync(DeliveryReference target, string who, string note, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await Audit.AddAsync(db, time.NowMs(), who, "note", target.Council, target.OwnId, "", "", note);
            return ActionOutcome.Yes("Note saved.");
        },
        ct);
}

/// <summary>The snooze of a report.</summary>
internal sealed class Acknowledgement
{
    public long Until { get; init; }

    public string ByWhom { get; init; } = "";

    public long At { get; init; }

    public string Reason { get; init; } = "";
}

using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>
/// An operator knows of a report that does not get through, and puts it off: until a day it is counted apart, and nobody looks into it twice. Notes
/// say the rest. Neither changes what is sent.
/// </summary>
internal sealed class Acknowledgements(IDatabase database, TimeProvider time)
{
    public Task<Acknowledgement?> FindAsync(long reportId, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<Acknowledgement>(
            "SELECT until AS Until, by_whom AS ByWhom, at AS At, reason AS Reason FROM acknowledgement WHERE report_id = @reportId", new { reportId }), ct);

    /// <summary>Puts a report off until a time; one that is past ends that.</summary>
    public Task<ActionOutcome> SetAsync(DeliveryReference target, DateTimeOffset until, string who, string why, CancellationToken ct) => target.ReportId == 0
        ? Task.FromResult(ActionOutcome.No("Only a report can be put off."))
        : database.WriteAsync(
            async db =>
            {
                var row = new { target.ReportId, until = until.ToUnixTimeMilliseconds(), who, now = time.NowMs(), why = StoredText.Clip(why) };
                var isOn = row.until > row.now;
                if (!isOn)
                    await db.ExecuteAsync("DELETE FROM acknowledgement WHERE report_id = @ReportId", row);
                else if (await db.ExecuteAsync(
                    "UPDATE acknowledgement SET until = @until, by_whom = @who, at = @now, reason = @why WHERE report_id = @ReportId", row) == 0)
                    await db.ExecuteAsync(
                        "INSERT INTO acknowledgement (report_id, until, by_whom, at, reason) VALUES (@ReportId, @until, @who, @now, @why)", row);
                var after = isOn ? $"put off until {until:yyyy-MM-dd HH:mm} UTC" : "no longer put off";
                await Audit.AddAsync(db, row.now, who, "acknowledge", target.Council, target.OwnId, "", after, why);
                return ActionOutcome.Yes(after);
            },
            ct);

    /// <summary>Keeps a note with a report.</summary>
    public Task<ActionOutcome> NoteAsync(DeliveryReference target, string who, string note, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await Audit.AddAsync(db, time.NowMs(), who, "note", target.Council, target.OwnId, "", "", note);
            return ActionOutcome.Yes("Noted.");
        },
        ct);
}

/// <summary>A report was put off.</summary>
internal sealed class Acknowledgement
{
    public long Until { get; init; }

    public string ByWhom { get; init; } = "";

    public long At { get; init; }

    public string Reason { get; init; } = "";
}

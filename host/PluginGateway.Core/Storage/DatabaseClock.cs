namespace PluginGateway.Core.Storage;

/// <summary>
/// The time that goes into the database. Several hosts compare times there, so theirs must be one: it is this machine's, corrected by how far
/// the database's is from it. With a file on this machine there is nothing to correct.
/// </summary>
internal sealed class DatabaseClock(TimeProvider machine) : TimeProvider
{
    /// <summary>Less than this is the journey to the server and back.</summary>
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(20);

    private long _offset;

    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offset));

    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + Offset;

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>Asks the database for its time.</summary>
    public async Task SetAsync(IDatabase database, CancellationToken ct)
    {
        if (!database.Dialect.HasSeveralWriters)
            return;

        // The connection is there before it is looked at the clock.
        var (before, theirs, after) = await database.ReadAsync(
            async db =>
            {
                await db.ScalarAsync<long>(database.Dialect.NowMs);
                var asked = machine.GetUtcNow();
                return (asked, UnixTime.At(await db.ScalarAsync<long>(database.Dialect.NowMs)), machine.GetUtcNow());
            },
            ct);
        var offset = theirs - (before + ((after - before) / 2));
        if ((offset - Offset).Duration() > Noise + (after - before))
            Volatile.Write(ref _offset, offset.Ticks);
    }
}

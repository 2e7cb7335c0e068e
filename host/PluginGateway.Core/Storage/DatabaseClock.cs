namespace PluginGateway.Core.Storage;

/// <summary>
/// The clock for times in the database. Several hosts compare these times, so their clocks must agree: the machine's clock is corrected by
/// its offset from the database server's clock. A database file on this machine needs no correction.
/// </summary>
internal sealed class DatabaseClock(TimeProvider machine) : TimeProvider
{
    /// <summary>Smaller differences are ignored, because they can result from the round trip to the server.</summary>
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(20);

    private long _offset;

    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offset));

    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + Offset;

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>Measures the offset from the database's clock.</summary>
    public async Task SetAsync(IDatabase database, CancellationToken ct)
    {
        if (!database.Dialect.HasSeveralWriters)
            return;

        // The first query opens the connection, so that only the round trip of the second query is measured.
        var (before, server, after) = await database.ReadAsync(
            async db =>
            {
                await db.ScalarAsync<long>(database.Dialect.NowMs);
                var sent = machine.GetUtcNow();
                return (sent, UnixTime.At(await db.ScalarAsync<long>(database.Dialect.NowMs)), machine.GetUtcNow());
            },
            ct);
        var offset = server - (before + ((after - before) / 2));
        if ((offset - Offset).Duration() > Noise + (after - before))
            Volatile.Write(ref _offset, offset.Ticks);
    }
}

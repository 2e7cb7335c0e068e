namespace PluginGateway.Adapters.Toolkit.Times;

/// <summary>
/// The clock on a council's wall, for systems that write times without zone. Made for files with many rows: what is known of a day is kept.
/// </summary>
/// <param name="zone">The council's time zone.</param>
public sealed class LocalTime(TimeZoneInfo zone)
{
    private const int MaxCachedDays = 1_024;

    private readonly Day?[] _days = new Day?[MaxCachedDays];

    /// <summary>
    /// The moment that a wall clock showed. A time that the clock jumped over in spring is taken as if it had not jumped. Of the hour that comes
    /// twice in autumn the second is meant, unless that would be later than it can be.
    /// </summary>
    /// <param name="local">Date and time on the wall.</param>
    /// <param name="notAfter">The latest it can be: when a file was received, say.</param>
    /// <returns>The moment, in UTC.</returns>
    public DateTimeOffset ToUtc(DateTime local, DateTimeOffset? notAfter = null)
    {
        var wall = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        var number = (int)(wall.Ticks / TimeSpan.TicksPerDay);
        var day = _days[number % MaxCachedDays];
        if (day is null || day.Number != number)
            _days[number % MaxCachedDays] = day = Look(number);
        return day.Offset is { } offset ? Moment(wall, offset) : OnADayOfChange(wall, notAfter);
    }

    /// <summary>What the wall clock shows at a moment.</summary>
    /// <param name="time">The moment.</param>
    /// <returns>Date and time on the wall.</returns>
    public DateTime FromUtc(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).DateTime;

    private static DateTimeOffset Moment(DateTime wall, TimeSpan offset)
    {
        // The first and the last hours there are do not exist everywhere.
        var ticks = Math.Clamp(wall.Ticks - offset.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks);
        return new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    private Day Look(int number)
    {
        var midnight = new DateTime(number * TimeSpan.TicksPerDay, DateTimeKind.Unspecified);
        if (midnight.Date == DateTime.MaxValue.Date || midnight == DateTime.MinValue)
            return new Day(number, TimeSpan.Zero);

        var (before, after) = (zone.GetUtcOffset(midnight.AddTicks(-1)), zone.GetUtcOffset(midnight.AddDays(1)));
        return new Day(number, before == after ? before : null);
    }

    private DateTimeOffset OnADayOfChange(DateTime wall, DateTimeOffset? notAfter)
    {
        if (zone.IsInvalidTime(wall))
            return Moment(wall, zone.GetUtcOffset(wall.AddHours(-3)));
        if (!zone.IsAmbiguousTime(wall))
            return Moment(wall, zone.GetUtcOffset(wall));

        var offsets = zone.GetAmbiguousTimeOffsets(wall);
        var (first, second) = (Moment(wall, offsets.Max()), Moment(wall, offsets.Min()));
        return second > notAfter ? first : second;
    }

    /// <summary>A day and its distance to UTC; none on a day that the clock changes.</summary>
    private sealed record Day(int Number, TimeSpan? Offset);
}

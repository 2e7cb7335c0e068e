namespace PluginGateway.Adapters.Toolkit.Times;

/// <summary>
/// Converts between UTC and a council's local time, for systems that write times without a time zone. It caches the UTC offset of each day, so
/// that it is fast for files with many rows.
/// </summary>
/// <param name="zone">The council's time zone.</param>
public sealed class LocalTime(TimeZoneInfo zone)
{
    private const int MaxCachedDays = 1_024;

    private readonly Day?[] _days = new Day?[MaxCachedDays];

    /// <summary>
    /// Converts a local time to UTC. A time that is skipped in spring is converted as if the clock had not changed. A time that occurs twice in
    /// autumn means the second occurrence, unless that is later than <paramref name="notAfter"/>.
    /// </summary>
    /// <param name="local">The local date and time.</param>
    /// <param name="notAfter">The latest possible time, such as the time when a file was received; null for no limit.</param>
    /// <returns>The time in UTC.</returns>
    public DateTimeOffset ToUtc(DateTime local, DateTimeOffset? notAfter = null)
    {
        var wall = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        var number = (int)(wall.Ticks / TimeSpan.TicksPerDay);
        var day = _days[number % MaxCachedDays];
        if (day is null || day.Number != number)
            _days[number % MaxCachedDays] = day = FindDay(number);
        return day.Offset is { } offset ? AtOffset(wall, offset) : OnDayOfClockChange(wall, notAfter);
    }

    /// <summary>Converts a time to local time.</summary>
    /// <param name="time">The time, with any offset.</param>
    /// <returns>The local date and time.</returns>
    public DateTime FromUtc(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).DateTime;

    private static DateTimeOffset AtOffset(DateTime wall, TimeSpan offset)
    {
        // At the limits of DateTime, the offset can lead outside its range.
        var ticks = Math.Clamp(wall.Ticks - offset.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks);
        return new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    private Day FindDay(int number)
    {
        var midnight = new DateTime(number * TimeSpan.TicksPerDay, DateTimeKind.Unspecified);
        if (midnight.Date == DateTime.MaxValue.Date || midnight == DateTime.MinValue)
            return new Day(number, TimeSpan.Zero);

        var (before, after) = (zone.GetUtcOffset(midnight.AddTicks(-1)), zone.GetUtcOffset(midnight.AddDays(1)));
        return new Day(number, before == after ? before : null);
    }

    private DateTimeOffset OnDayOfClockChange(DateTime wall, DateTimeOffset? notAfter)
    {
        if (zone.IsInvalidTime(wall))
            return AtOffset(wall, zone.GetUtcOffset(wall.AddHours(-3)));
        if (!zone.IsAmbiguousTime(wall))
            return AtOffset(wall, zone.GetUtcOffset(wall));

        var offsets = zone.GetAmbiguousTimeOffsets(wall);
        var (first, second) = (AtOffset(wall, offsets.Max()), AtOffset(wall, offsets.Min()));
        return second > notAfter ? first : second;
    }

    /// <summary>A day and its UTC offset; null on a day when the offset changes.</summary>
    private sealed record Day(int Number, TimeSpan? Offset);
}

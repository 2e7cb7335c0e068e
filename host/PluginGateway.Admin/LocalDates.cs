using System.Globalization;

namespace PluginGateway.Admin;

/// <summary>Days and times as forms give them.</summary>
internal static class LocalDates
{
    /// <summary>When a day begins in a zone; 0 for what is no day.</summary>
    /// <param name="text">The day, as <c>yyyy-MM-dd</c>.</param>
    /// <param name="add">So many days later.</param>
    /// <param name="zone">The zone.</param>
    public static long Begin(string? text, int add, TimeZoneInfo zone) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is > 1970 and < 9_000
            ? Ms(day.AddDays(add).ToDateTime(TimeOnly.MinValue), zone)
            : 0;

    /// <summary>A moment in a zone, as a browser's field for it gives it: <c>yyyy-MM-ddTHH:mm</c>; null for what is none.</summary>
    public static DateTimeOffset? Moment(string? text, TimeZoneInfo zone) =>
        DateTime.TryParseExact(text, ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? DateTimeOffset.FromUnixTimeMilliseconds(Ms(at, zone))
            : null;

    /// <summary>A time that the clocks jump over is the one they jump to.</summary>
    private static long Ms(DateTime local, TimeZoneInfo zone) => zone.IsInvalidTime(local)
        ? Ms(local.AddHours(1), zone)
        : new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
}

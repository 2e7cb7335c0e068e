using System.Globalization;

namespace PluginGateway.Admin;

/// <summary>Parses the dates and times of form fields.</summary>
internal static class LocalDates
{
    /// <summary>Returns the time at which a day begins in a time zone; 0 if the text is not a valid date.</summary>
    /// <param name="text">The date, as <c>yyyy-MM-dd</c>.</param>
    /// <param name="add">The number of days to add.</param>
    /// <param name="zone">The time zone.</param>
    public static long Begin(string? text, int add, TimeZoneInfo zone) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is > 1970 and < 9_000
            ? Ms(day.AddDays(add).ToDateTime(TimeOnly.MinValue), zone)
            : 0;

    /// <summary>Parses the value of a <c>datetime-local</c> field in a time zone; null if it is invalid.</summary>
    public static DateTimeOffset? Moment(string? text, TimeZoneInfo zone) =>
        DateTime.TryParseExact(text, ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? DateTimeOffset.FromUnixTimeMilliseconds(Ms(at, zone))
            : null;

    /// <summary>Converts a local time. A time that is skipped when the clocks go forward becomes one hour later.</summary>
    private static long Ms(DateTime local, TimeZoneInfo zone) => zone.IsInvalidTime(local)
        ? Ms(local.AddHours(1), zone)
        : new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
}

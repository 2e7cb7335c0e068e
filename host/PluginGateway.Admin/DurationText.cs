using System.Globalization;

namespace PluginGateway.Admin;

/// <summary>Lengths of time and counts, as people read them.</summary>
internal static class DurationText
{
    /// <summary>About how long, in one unit or two: "41 s", "6 min", "3 h 20 min", "2 days".</summary>
    public static string Text(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "less than a second",
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} s",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} min",
        { TotalHours: < 24 } => span.Minutes == 0 ? $"{(int)span.TotalHours} h" : $"{(int)span.TotalHours} h {span.Minutes} min",
        { TotalDays: < 2 } => "1 day",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalDays} days"),
    };

    public static string Since(long ms, long now) => Text(TimeSpan.FromMilliseconds(Math.Max(0, now - ms)));

    /// <summary>A count with its word: "1 report", "1,204 reports".</summary>
    public static string Count(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");
}

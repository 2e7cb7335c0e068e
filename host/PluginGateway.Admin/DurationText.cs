using System.Globalization;

namespace PluginGateway.Admin;

/// <summary>Formats durations and counts.</summary>
internal static class DurationText
{
    /// <summary>Formats a duration in one or two units: "&lt; 1 s", "41 s", "6 min", "3 h 20 min", "2 days".</summary>
    public static string Text(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "< 1 s",
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} s",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} min",
        { TotalHours: < 24 } => span.Minutes == 0 ? $"{(int)span.TotalHours} h" : $"{(int)span.TotalHours} h {span.Minutes} min",
        { TotalDays: < 2 } => "1 day",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalDays} days"),
    };

    /// <summary>Formats a duration for a sentence: the same, but "less than a second".</summary>
    public static string InSentence(TimeSpan span) => span.TotalSeconds < 1 ? "less than a second" : Text(span);

    public static string Since(long ms, long now) => InSentence(TimeSpan.FromMilliseconds(Math.Max(0, now - ms)));

    /// <summary>Formats a count with its noun: "1 report", "1,204 reports".</summary>
    public static string Count(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");
}

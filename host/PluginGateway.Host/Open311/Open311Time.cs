using System.Globalization;
using System.Text.RegularExpressions;

namespace PluginGateway.Host.Open311;

/// <summary>Parses the times that clients send (W3C-NOTE-datetime and common variations).</summary>
internal static partial class Open311Time
{
    /// <summary>Parses a time. A date alone means midnight UTC.</summary>
    /// <param name="text">The text. A space before the offset means <c>+</c>, because form decoding replaces <c>+</c> by a space.</param>
    /// <param name="time">The time.</param>
    /// <param name="assumedUtc">Whether the text contains no time zone, so that UTC was assumed.</param>
    public static bool TryParse(string text, out DateTimeOffset time, out bool assumedUtc)
    {
        time = default;
        assumedUtc = false;
        var match = Form().Match(text.Trim());
        if (!match.Success)
            return false;

        var zone = match.Groups["zone"].Value;
        assumedUtc = zone.Length == 0;
        var offset = zone switch
        {
            "" or "Z" or "z" => "+00:00",
            _ => $"{(zone[0] == '-' ? '-' : '+')}{zone[1..3]}:{zone[^2..]}",
        };
        var date = match.Groups["day"].Success ? match.Groups["date"].Value : match.Groups["date"].Value + "-01";
        var clock = match.Groups["clock"].Success ? match.Groups["clock"].Value : "00:00";
        if (clock.Length == 5)
            clock += ":00";
        return DateTimeOffset.TryParseExact(
            $"{date}T{clock}{offset}", "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }

    [GeneratedRegex(
        @"^(?<date>[0-9]{4}-[0-9]{2}(?<day>-[0-9]{2})?)"
            + @"(?:[Tt ](?<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,][0-9]{1,9})?(?<zone>[Zz]|[+ -][0-9]{2}:?[0-9]{2})?)?$",
        RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Form();
}

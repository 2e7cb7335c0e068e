using System.Globalization;
using System.Text.RegularExpressions;

namespace PluginGateway.Core.Councils;

/// <summary>Parses durations such as <c>500ms</c>, <c>20s</c>, <c>2m</c> and <c>1h</c>.</summary>
internal static partial class Duration
{
    public static TimeSpan? Parse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success)
            return null;

        var number = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            _ => TimeSpan.FromHours(number),
        };
    }

    [GeneratedRegex(@"\A([0-9]{1,6})(ms|s|m|h)\z", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Pattern();
}

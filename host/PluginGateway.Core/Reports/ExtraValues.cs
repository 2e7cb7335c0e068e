using System.Text.RegularExpressions;

namespace PluginGateway.Core.Reports;

/// <summary>Additional values of updates and reports, which clients receive as <c>extras</c>.</summary>
internal static partial class ExtraValues
{
    private const int MaxCount = 50;

    /// <summary>Copies the values whose names are valid names of XML elements.</summary>
    /// <returns>The copied values, and the number of skipped values.</returns>
    public static (IReadOnlyDictionary<string, string> Values, int Skipped) Read(IReadOnlyDictionary<string, string>? given)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in given ?? new Dictionary<string, string>(StringComparer.Ordinal))
            if (values.Count < MaxCount && value is not null && NamePattern().IsMatch(name))
                values[name] = value;
        return (values, (given?.Count ?? 0) - values.Count);
    }

    // Names that start with "xml" are reserved (XML 1.0, 2.3).
    [GeneratedRegex("^(?![xX][mM][lL])[A-Za-z_][A-Za-z0-9_.-]{0,49}\\z", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NamePattern();
}

using System.Text.RegularExpressions;

namespace PluginGateway.Adapters.Toolkit.Text;

/// <summary>
/// Reads whole numbers, such as case numbers, that a spreadsheet has formatted: <c>560250.0</c>, <c>560,252</c>, <c>="560253"</c>. Councils open and save
/// exports in spreadsheet programs.
/// </summary>
public static partial class SpreadsheetNumber
{
    /// <summary>Returns the number as it was before the spreadsheet formatted it.</summary>
    /// <param name="text">The text of a field.</param>
    /// <returns>
    /// The digits of the number; the trimmed text if it does not look like a formatted number; null if digits are lost, as in <c>5.6E+05</c>.
    /// </returns>
    public static string? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        if (Formula().Match(trimmed) is { Success: true } formula)
            return (formula.Groups[1].Success ? formula.Groups[1] : formula.Groups[2]).Value.Trim();
        if (Grouped().IsMatch(trimmed))
            return trimmed.Replace(",", "", StringComparison.Ordinal);
        if (Decimal().Match(trimmed) is { Success: true } whole)
            return whole.Groups[1].Value;
        if (Scientific().Match(trimmed) is not { Success: true } scientific)
            return trimmed;

        var (fraction, exponent) = (scientific.Groups[2].Value, int.Parse(scientific.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture));
        return fraction.Length >= exponent && fraction.AsSpan(exponent).IndexOfAnyExcept('0') < 0
            ? scientific.Groups[1].Value + fraction[..exponent]
            : null;
    }

    /// <summary>A formula that keeps a number as text, or the apostrophe with the same effect.</summary>
    [GeneratedRegex("^(?:=\"([^\"]*)\"|'([0-9]+))$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Formula();

    [GeneratedRegex("^[0-9]{1,3}(?:,[0-9]{3})+$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Grouped();

    [GeneratedRegex("^([0-9]+)\\.0+$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Decimal();

    [GeneratedRegex("^([0-9])(?:\\.([0-9]+))?[Ee]\\+?([0-9]{1,2})$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Scientific();
}

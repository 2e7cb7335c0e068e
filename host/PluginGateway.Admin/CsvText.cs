using System.Buffers;

namespace PluginGateway.Admin;

/// <summary>
/// Formats lines of a CSV file. A cell that a spreadsheet would interpret as a formula is prefixed with an apostrophe (OWASP, CSV injection).
/// </summary>
internal static class CsvText
{
    private static readonly SearchValues<char> MustBeQuoted = SearchValues.Create("\",\r\n;\t");

    public static string Line(params IEnumerable<string> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string Cell(string text)
    {
        var safe = text is ['\t' or '\r' or '\n', ..] || text.TrimStart() is ['=' or '+' or '-' or '@', ..] ? $"'{text}" : text;
        return safe.AsSpan().ContainsAny(MustBeQuoted) || safe.StartsWith('\'') ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}

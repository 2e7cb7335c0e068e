using System.Buffers;

namespace PluginGateway.Admin;

/// <summary>
/// Lines of a CSV file that a spreadsheet opens as what they are: a cell that would begin a formula begins with an apostrophe
/// (OWASP, CSV injection).
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

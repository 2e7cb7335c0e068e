using System.Globalization;
using System.Text;

namespace Symology.Simulator;

/// <summary>The CSV files that the system exports, with one row for each event in the history of a case.</summary>
public sealed class SymologyExports
{
    private static readonly Dictionary<string, string[]> Columns = new(StringComparer.Ordinal)
    {
        ["highways"] = ["History Date/Time", "Recorded Date", "CRNo", "Stage Desc.", "Date Cleared", "Inspection", "LCA", "Action Due", "Event Type", "Stage"],
        ["maintenance"] = ["History Date/Time", "Recorded Date", "CRNo", "Stage Desc.", "Date Cleared", "Inspection", "LCA", "Action Due", "Event Type",
            "Stage", "Maint. Stage", "L.A.Code"],
        ["cleansing"] = ["History Date/Time", "Recorded Date", "CRNo", "Stage Desc.", "Date Cleared", "Inspection", "LCA", "Action Due", "Event Type", "Stage",
            "Maint. Stage", "Maint.Recd.", "L.A.Code"],
    };

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<string>> _rows = Columns.Keys.ToDictionary(k => k, _ => new List<string>(), StringComparer.Ordinal);

    /// <summary>The names of the exports.</summary>
    public static IReadOnlyCollection<string> Names => Columns.Keys;

    /// <summary>Adds an event.</summary>
    /// <param name="export">The export to add it to.</param>
    /// <param name="number">The case.</param>
    /// <param name="local">The local time of the event.</param>
    /// <param name="values">The values of further columns, by name.</param>
    public void Add(string export, int number, DateTime local, IReadOnlyDictionary<string, string> values)
    {
        var row = Row(export, number, local, values);
        lock (_lock)
            _rows[export].Add(row);
    }

    /// <summary>Formats a row.</summary>
    /// <param name="export">The export.</param>
    /// <param name="number">The case.</param>
    /// <param name="local">The local time of the event.</param>
    /// <param name="values">The values of further columns, by name.</param>
    /// <returns>The row, without the line break.</returns>
    public static string Row(string export, int number, DateTime local, IReadOnlyDictionary<string, string> values) =>
        string.Join(',', Columns[export].Select(c => Quote(c switch
        {
            "History Date/Time" => local.ToString("dd/MM/yyyy HH:mm", CultureInfo.InvariantCulture),
            "CRNo" => number.ToString("00000000", CultureInfo.InvariantCulture),
            _ => values.GetValueOrDefault(c, ""),
        })));

    /// <summary>Returns the header line of an export.</summary>
    /// <param name="export">The export.</param>
    /// <returns>The line, without the line break.</returns>
    public static string Header(string export) => string.Join(',', Columns[export]);

    /// <summary>Returns the current contents of an export.</summary>
    /// <param name="export">The export.</param>
    /// <returns>The contents.</returns>
    public string File(string export)
    {
        lock (_lock)
            return new StringBuilder().AppendJoin("\r\n", _rows[export].Prepend(Header(export))).Append("\r\n").ToString();
    }

    private static string Quote(string value) => value.AsSpan().ContainsAny(",\"\r\n") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
}

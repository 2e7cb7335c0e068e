using System.Text;
using PluginGateway.Adapters.Toolkit.Rules;

namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>
/// Applies rules to the rows of one file and caches the results. Most rows have the same values as earlier rows in the columns that the rules
/// use, so each combination of values is evaluated only once.
/// </summary>
public sealed class RuleMemo
{
    private const int MaxCached = 10_000;
    private const int MaxKeyLength = 256;

    private readonly RuleList _rules;
    private readonly CsvTable _table;
    private readonly IReadOnlyDictionary<string, int> _columns;
    private readonly int[] _usedColumns;
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>?> _decided = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>?>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    /// <summary>Prepares the rules for one file. The inputs of the rules are the names of its columns.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="table">The file.</param>
    public RuleMemo(RuleList rules, CsvTable table)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(table);
        (_rules, _table) = (rules, table);
        _columns = rules.Inputs.Select(i => (Name: i, Index: table.Find(i))).Where(c => c.Index >= 0)
            .ToDictionary(c => c.Name, c => c.Index, StringComparer.Ordinal);
        _usedColumns = [.. _columns.Values];
        _lookup = _decided.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Applies the first rule whose condition holds for the current row.</summary>
    /// <returns>The outputs of the rule by name; null if no rule applies.</returns>
    public IReadOnlyDictionary<string, string>? First()
    {
        Span<char> key = stackalloc char[MaxKeyLength];
        var length = Key(key);
        if (length < 0)
            return Decide();
        if (!_lookup.TryGetValue(key[..length], out var decided))
        {
            decided = Decide();
            if (_decided.Count < MaxCached)
                _decided.Add(new string(key[..length]), decided);
        }

        return decided;
    }

    private IReadOnlyDictionary<string, string>? Decide() => _rules.First(name => _columns.TryGetValue(name, out var column) ? _table.Text(column) : null);

    /// <summary>Writes the values that the rules use, each after its length. Returns -1 when they are too long to be a key.</summary>
    private int Key(Span<char> key)
    {
        var length = 0;
        foreach (var column in _usedColumns)
        {
            var bytes = _table.Bytes(column);
            if (length + 1 + bytes.Length > key.Length)
                return -1;
            key[length++] = (char)bytes.Length;
            length += Encoding.Latin1.GetChars(bytes, key[length..]);
        }

        return length;
    }
}

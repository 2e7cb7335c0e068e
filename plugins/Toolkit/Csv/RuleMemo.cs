using System.Text;
using PluginGateway.Adapters.Toolkit.Rules;

namespace PluginGateway.Adapters.Toolkit.Csv;

/// <summary>
/// What the first rule that holds decides for the rows of one file. Rows differ much less in the columns that rules look at than they are
/// many: what was decided for some values once holds for every row that has them.
/// </summary>
public sealed class RuleMemo
{
    private const int MaxCached = 10_000;
    private const int MaxKeyLength = 256;

    private readonly RuleList _rules;
    private readonly CsvTable _table;
    private readonly IReadOnlyDictionary<string, int> _columns;
    private readonly int[] _asked;
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>?> _decided = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>?>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    /// <summary>Prepares the rules for one file. Their inputs are its columns.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="table">The file.</param>
    public RuleMemo(RuleList rules, CsvTable table)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(table);
        (_rules, _table) = (rules, table);
        _columns = rules.Inputs.Select(i => (Name: i, Index: table.Find(i))).Where(c => c.Index >= 0)
            .ToDictionary(c => c.Name, c => c.Index, StringComparer.Ordinal);
        _asked = [.. _columns.Values];
        _lookup = _decided.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>What the first rule that holds decides for the current row.</summary>
    /// <returns>The outputs; null when no rule holds.</returns>
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

    /// <summary>The values that rules look at, each with its length before it; -1 when they are too long.</summary>
    private int Key(Span<char> key)
    {
        var length = 0;
        foreach (var column in _asked)
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

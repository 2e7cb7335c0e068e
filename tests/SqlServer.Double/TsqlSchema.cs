using System.Collections.Concurrent;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace PluginGateway.Testing.SqlServer;

/// <summary>The tables of a database and the declared types of their columns.</summary>
internal sealed class TsqlSchema
{
    private static readonly ConcurrentDictionary<string, TsqlSchema> All = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, string>> _tables = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, TranslatedBatch> _translated = new(StringComparer.Ordinal);

    public static TsqlSchema Of(string file) => All.GetOrAdd(file, static _ => new TsqlSchema());

    public static void Forget(string file) => All.TryRemove(file, out _);

    public void Add(string table, IEnumerable<ColumnDefinition> columns)
    {
        var known = _tables.GetOrAdd(table, static _ => new ConcurrentDictionary<string, string>(StringComparer.OrdinalIgnoreCase));
        foreach (var column in columns)
            known[column.ColumnIdentifier.Value] = ((SqlDataTypeReference)column.DataType).SqlDataTypeOption.ToString().ToLowerInvariant();
        _translated.Clear();
    }

    public void Rename(string table, string name)
    {
        if (_tables.TryRemove(table, out var columns))
            _tables[name] = columns;
        _translated.Clear();
    }

    public void RenameColumn(string table, string column, string name)
    {
        if (_tables.GetValueOrDefault(table) is { } columns && columns.TryRemove(column, out var type))
            columns[name] = type;
        _translated.Clear();
    }

    /// <summary>Returns the cached translation of a batch.</summary>
    public TranslatedBatch? Translated(string key) => _translated.GetValueOrDefault(key);

    public void Keep(string key, TranslatedBatch batch) => _translated[key] = batch;

    /// <summary>Returns the type of a column; null when the table or column does not exist.</summary>
    public string? TypeOf(string table, string column) => _tables.GetValueOrDefault(table)?.GetValueOrDefault(column);

    public bool Has(string table) => _tables.ContainsKey(table);
}

using System.Collections.Concurrent;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Records each distinct statement with the types of its parameters, and the statements that broke a rule.</summary>
public sealed class StatementLog
{
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _statements = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Statements => _statements;

    /// <summary>Statements that are not portable, or whose parameters do not have the types of their columns.</summary>
    public IReadOnlyList<string> Violations => [.. _violations];

    internal void Add(string sql, IEnumerable<TsqlParameter> parameters)
    {
        if (!_statements.ContainsKey(sql))
            _statements.TryAdd(sql, parameters.ToDictionary(p => p.Name, p => p.Type, StringComparer.OrdinalIgnoreCase));
    }

    internal void AddViolation(string what) => _violations.Enqueue(what);
}

/// <summary>A parameter of a statement as received.</summary>
internal sealed record TsqlParameter(string Name, string Type, object? Value);

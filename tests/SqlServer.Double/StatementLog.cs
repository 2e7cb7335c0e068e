using System.Collections.Concurrent;

namespace PluginGateway.Testing.SqlServer;

/// <summary>The statements that were run, each once, with the types that its parameters came as; and what broke a rule.</summary>
public sealed class StatementLog
{
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _statements = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _wrong = new();

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Statements => _statements;

    /// <summary>Statements that do not travel, or whose parameters are not of their columns' types.</summary>
    public IReadOnlyList<string> Wrong => [.. _wrong];

    internal void Add(string sql, IEnumerable<TsqlParameter> parameters)
    {
        if (!_statements.ContainsKey(sql))
            _statements.TryAdd(sql, parameters.ToDictionary(p => p.Name, p => p.Type, StringComparer.OrdinalIgnoreCase));
    }

    internal void AddWrong(string what) => _wrong.Enqueue(what);
}

/// <summary>A parameter as it came over the wire.</summary>
internal sealed record TsqlParameter(string Name, string Type, object? Value);

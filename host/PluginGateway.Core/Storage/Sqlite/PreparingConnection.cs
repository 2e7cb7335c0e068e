using System.Data;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// A connection that keeps its statements prepared: Dapper makes a new command for every call, and preparing costs more than running. Most of
/// what runs are the same few dozen statements; when too many others came in between, it begins anew.
/// </summary>
internal sealed class PreparingConnection(string connectionString) : SqliteConnection(connectionString), IStatementCache
{
    private const int MaxCached = 200;

    private readonly Dictionary<string, SqliteCommand> _idle = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteStatement> _cached = new(StringComparer.Ordinal);

    public override SqliteCommand CreateCommand() =>
        new PreparingCommand(this) { Connection = this, CommandTimeout = DefaultTimeout, Transaction = Transaction };

    public PreparedStatement Prepare(string sql)
    {
        if (!_cached.TryGetValue(sql, out var statement))
            _cached[sql] = statement = new SqliteStatement(this, sql);
        return statement.Begin();
    }

    protected override void Dispose(bool disposing)
    {
        Clear();
        foreach (var statement in _cached.Values)
            statement.Dispose();
        _cached.Clear();
        base.Dispose(disposing);
    }

    private void Clear()
    {
        foreach (var command in _idle.Values)
            command.Dispose();
        _idle.Clear();
    }

    private SqliteCommand Take(string sql) => _idle.Remove(sql, out var known) ? known : new SqliteCommand(sql, this);

    private void Return(SqliteCommand command)
    {
        command.Parameters.Clear();
        command.Transaction = null;
        if (_idle.Count >= MaxCached)
            Clear();
        if (!_idle.TryAdd(command.CommandText, command))
            command.Dispose();
    }

    /// <summary>
    /// Stands for a kept command: takes it when it learns its text, and gives it back instead of disposing of it. The parameters stay its own
    /// until it runs: Dapper adds to them and changes the text in between, when it writes out a list.
    /// </summary>
    private sealed class PreparingCommand(PreparingConnection owner) : SqliteCommand
    {
        private SqliteCommand? _kept;

        [AllowNull]
        public override string CommandText
        {
            get => _kept?.CommandText ?? "";
            set
            {
                GiveBack();
                _kept = owner.Take(value ?? "");
            }
        }

        public override SqliteTransaction? Transaction { get; set; }

        public override int ExecuteNonQuery() => Ready().ExecuteNonQuery();

        public override object? ExecuteScalar() => Ready().ExecuteScalar();

        public override SqliteDataReader ExecuteReader(CommandBehavior behavior) => Ready().ExecuteReader(behavior);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                GiveBack();
            base.Dispose(disposing);
        }

        private SqliteCommand Ready()
        {
            var kept = _kept ?? throw new InvalidOperationException("The command has no text yet.");
            kept.Transaction = Transaction;
            kept.Parameters.Clear();
            kept.Parameters.AddRange(Parameters.Cast<SqliteParameter>());
            return kept;
        }

        private void GiveBack()
        {
            if (_kept is not null)
                owner.Return(_kept);
            _kept = null;
        }
    }
}

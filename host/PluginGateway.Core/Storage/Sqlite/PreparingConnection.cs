using System.Data;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// A connection that caches its prepared statements: Dapper creates a new command for every call, and preparing a statement costs more than
/// running it. Most calls use the same few dozen statements; when the cache is full, it is cleared.
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
    /// A command that uses a cached command: it takes the cached command when its text is set, and returns it instead of disposing of it.
    /// Its parameters are separate until it runs, because Dapper adds parameters and changes the text when it expands a list.
    /// </summary>
    private sealed class PreparingCommand(PreparingConnection owner) : SqliteCommand
    {
        private SqliteCommand? _cachedCommand;

        [AllowNull]
        public override string CommandText
        {
            get => _cachedCommand?.CommandText ?? "";
            set
            {
                ReturnCommand();
                _cachedCommand = owner.Take(value ?? "");
            }
        }

        public override SqliteTransaction? Transaction { get; set; }

        public override int ExecuteNonQuery() => Bind().ExecuteNonQuery();

        public override object? ExecuteScalar() => Bind().ExecuteScalar();

        public override SqliteDataReader ExecuteReader(CommandBehavior behavior) => Bind().ExecuteReader(behavior);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                ReturnCommand();
            base.Dispose(disposing);
        }

        private SqliteCommand Bind()
        {
            var command = _cachedCommand ?? throw new InvalidOperationException("The command text is not set.");
            command.Transaction = Transaction;
            command.Parameters.Clear();
            command.Parameters.AddRange(Parameters.Cast<SqliteParameter>());
            return command;
        }

        private void ReturnCommand()
        {
            if (_cachedCommand is not null)
                owner.Return(_cachedCommand);
            _cachedCommand = null;
        }
    }
}

using System.Data;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace PluginGateway.Host.Storage.Sqlite;

/// <summary>
/// A connection that keeps its statements prepared: Dapper makes a new command for every call, and preparing costs more than running. For
/// the one writer, which runs the same two dozen statements all day.
/// </summary>
internal sealed class PreparingConnection(string connectionString) : SqliteConnection(connectionString)
{
    private const int MostKept = 200;

    private readonly Dictionary<string, SqliteCommand> _idle = new(StringComparer.Ordinal);

    public override SqliteCommand CreateCommand() => new PreparingCommand(this) { Connection = this, CommandTimeout = DefaultTimeout, Transaction = Transaction };

    protected override void Dispose(bool disposing)
    {
        foreach (var command in _idle.Values)
            command.Dispose();
        _idle.Clear();
        base.Dispose(disposing);
    }

    private SqliteCommand Take(string sql) => _idle.Remove(sql, out var known) ? known : new SqliteCommand(sql, this);

    private void Return(SqliteCommand command)
    {
        command.Parameters.Clear();
        command.Transaction = null;
        if (_idle.Count >= MostKept || !_idle.TryAdd(command.CommandText, command))
            command.Dispose();
    }

    /// <summary>Stands for a kept command: takes it when it learns its text, and gives it back instead of disposing of it.</summary>
    private sealed class PreparingCommand(PreparingConnection owner) : SqliteCommand
    {
        private SqliteCommand? _kept;

        [AllowNull]
        public override string CommandText
        {
            get => _kept?.CommandText ?? "";
            set => Become(value ?? "");
        }

        public override SqliteTransaction? Transaction { get; set; }

        public override SqliteParameterCollection Parameters => Kept.Parameters;

        private SqliteCommand Kept => _kept ?? throw new InvalidOperationException("The command has no text yet.");

        public override int ExecuteNonQuery() => Ready().ExecuteNonQuery();

        public override object? ExecuteScalar() => Ready().ExecuteScalar();

        public override SqliteDataReader ExecuteReader(CommandBehavior behavior) => Ready().ExecuteReader(behavior);

        protected override void Dispose(bool disposing)
        {
            if (disposing && _kept is not null)
                owner.Return(_kept);
            _kept = null;
            base.Dispose(disposing);
        }

        /// <summary>Dapper changes the text of a command that has its parameters already, when it writes out a list.</summary>
        private void Become(string sql)
        {
            var (before, parameters) = (_kept, _kept?.Parameters.Cast<SqliteParameter>().ToList());
            if (before is not null)
                owner.Return(before);
            _kept = owner.Take(sql);
            if (parameters is not null)
                _kept.Parameters.AddRange(parameters);
        }

        private SqliteCommand Ready()
        {
            Kept.Transaction = Transaction;
            return Kept;
        }
    }
}

using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Host.Storage.Sqlite;

/// <summary>
/// A prepared statement, run without the driver's command: that looks every value up by name and makes a reader for each run, which costs
/// more than a small insert.
/// </summary>
internal sealed class SqliteStatement : KeptStatement, IDisposable
{
    private const int LongestOnStack = 512;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private readonly List<int> _places = [];
    private int _next;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection.Handle!;
        Check(raw.sqlite3_prepare_v3(_connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public override KeptStatement Set(string name, string? value)
    {
        if (value is null)
            return Bound(raw.sqlite3_bind_null(_statement, Place(name)));

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var rented = most > LongestOnStack ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> bytes = rented ?? stackalloc byte[LongestOnStack];
        // The database copies it before the buffer is used again.
        var rc = raw.sqlite3_bind_text(_statement, Place(name), bytes[..Encoding.UTF8.GetBytes(value, bytes)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        return Bound(rc);
    }

    public override KeptStatement Set(string name, byte[]? value) => Bound(value is null
        ? raw.sqlite3_bind_null(_statement, Place(name))
        : raw.sqlite3_bind_blob(_statement, Place(name), value));

    public override KeptStatement Set(string name, long value) => Bound(raw.sqlite3_bind_int64(_statement, Place(name), value));

    public override KeptStatement Set(string name, double? value) => Bound(value is { } number
        ? raw.sqlite3_bind_double(_statement, Place(name), number)
        : raw.sqlite3_bind_null(_statement, Place(name)));

    public override ValueTask<int> RunAsync()
    {
        _next = 0;
        var rc = raw.sqlite3_step(_statement);
        // Also after a failure, and then it says the same again.
        raw.sqlite3_reset(_statement);
        if (rc != raw.SQLITE_DONE)
            Check(rc);
        return ValueTask.FromResult(raw.sqlite3_changes(_connection));
    }

    public void Dispose() => _statement.Dispose();

    /// <summary>Where in the statement the next value goes; by name only the first time.</summary>
    private int Place(string name)
    {
        if (_next == _places.Count)
        {
            var place = raw.sqlite3_bind_parameter_index(_statement, name);
            _places.Add(place > 0 ? place : throw new InvalidOperationException($"The statement has no parameter {name}."));
        }

        return _places[_next++];
    }

    private SqliteStatement Bound(int rc)
    {
        Check(rc);
        return this;
    }

    private void Check(int rc) => SqliteException.ThrowExceptionForRC(rc, _connection);
}

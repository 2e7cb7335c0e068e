using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// A prepared statement that runs without the driver's command. The command looks up every value by name and creates a reader for each run,
/// which costs more than a small insert.
/// </summary>
internal sealed class SqliteStatement : PreparedStatement, IDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private readonly nint _handle;
    private readonly List<int> _indexes = [];

    /// <summary>
    /// Holds texts and bytes from when they are set until the statement has run, because SQLite reads them here. SQLite copies values that
    /// no longer fit.
    /// </summary>
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly nint _address;
    private int _used;
    private int _next;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection.Handle!;
        _address = Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0);
        Check(raw.sqlite3_prepare_v3(_connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _handle = _statement.DangerousGetHandle();
    }

    /// <summary>Starts again with the first value, regardless of the result of the last run.</summary>
    public SqliteStatement Begin()
    {
        (_next, _used) = (0, 0);
        return this;
    }

    public override PreparedStatement Set(string name, string? value)
    {
        if (value is null)
            return Bound(SqliteNative.BindNull(_handle, NextIndex(name)));
        if (!Encoding.UTF8.TryGetBytes(value, _buffer.AsSpan(_used), out var length))
            return Bound(raw.sqlite3_bind_text(_statement, NextIndex(name), Encoding.UTF8.GetBytes(value)));

        return Bound(SqliteNative.BindText(_handle, NextIndex(name), Reserve(length), length, SqliteNative.Static));
    }

    public override PreparedStatement Set(string name, byte[]? value)
    {
        if (value is null)
            return Bound(SqliteNative.BindNull(_handle, NextIndex(name)));
        if (!value.AsSpan().TryCopyTo(_buffer.AsSpan(_used)))
            return Bound(raw.sqlite3_bind_blob(_statement, NextIndex(name), value));

        return Bound(SqliteNative.BindBytes(_handle, NextIndex(name), Reserve(value.Length), value.Length, SqliteNative.Static));
    }

    public override PreparedStatement Set(string name, long value) => Bound(SqliteNative.BindInteger(_handle, NextIndex(name), value));

    public override PreparedStatement Set(string name, double? value) => Bound(value is { } number
        ? SqliteNative.BindReal(_handle, NextIndex(name), number)
        : SqliteNative.BindNull(_handle, NextIndex(name)));

    public override ValueTask<int> RunAsync()
    {
        var rc = SqliteNative.Step(_handle);
        // Needed after a failure too; it returns the same error again.
        _ = SqliteNative.Reset(_handle);
        _buffer.AsSpan(0, _used).Clear();
        if (rc != raw.SQLITE_DONE)
            Check(rc);
        return ValueTask.FromResult(raw.sqlite3_changes(_connection));
    }

    public void Dispose() => _statement.Dispose();

    /// <summary>Returns the index of the next parameter. It is looked up by name only in the first run.</summary>
    private int NextIndex(string name)
    {
        if (_next == _indexes.Count)
        {
            var index = raw.sqlite3_bind_parameter_index(_statement, name);
            _indexes.Add(index > 0 ? index : throw new InvalidOperationException($"The statement has no parameter {name}."));
        }

        return _indexes[_next++];
    }

    /// <summary>Reserves a part of the buffer and returns its address.</summary>
    private nint Reserve(int length)
    {
        var address = _address + _used;
        _used += length;
        return address;
    }

    private SqliteStatement Bound(int rc)
    {
        if (rc != raw.SQLITE_OK)
            Check(rc);
        return this;
    }

    private void Check(int rc) => SqliteException.ThrowExceptionForRC(rc, _connection);
}

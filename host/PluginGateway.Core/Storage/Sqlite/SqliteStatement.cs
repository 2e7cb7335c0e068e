using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// A prepared statement, run without the driver's command: that looks every value up by name and makes a reader for each run, which costs
/// more than a small insert.
/// </summary>
internal sealed class SqliteStatement : PreparedStatement, IDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private readonly nint _handle;
    private readonly List<int> _places = [];

    /// <summary>Texts and bytes, from when they are set until the statement has run: SQLite reads them here. What does not fit any more it copies.</summary>
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly nint _address;
    private int _filled;
    private int _next;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection.Handle!;
        _address = Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0);
        Check(raw.sqlite3_prepare_v3(_connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _handle = _statement.DangerousGetHandle();
    }

    /// <summary>From the first value on, whatever became of the last run.</summary>
    public SqliteStatement Begin()
    {
        (_next, _filled) = (0, 0);
        return this;
    }

    public override PreparedStatement Set(string name, string? value)
    {
        if (value is null)
            return Bound(SqliteNative.BindNull(_handle, Place(name)));
        if (!Encoding.UTF8.TryGetBytes(value, _buffer.AsSpan(_filled), out var length))
            return Bound(raw.sqlite3_bind_text(_statement, Place(name), Encoding.UTF8.GetBytes(value)));

        return Bound(SqliteNative.BindText(_handle, Place(name), CountBytes(length), length, SqliteNative.Static));
    }

    public override PreparedStatement Set(string name, byte[]? value)
    {
        if (value is null)
            return Bound(SqliteNative.BindNull(_handle, Place(name)));
        if (!value.AsSpan().TryCopyTo(_buffer.AsSpan(_filled)))
            return Bound(raw.sqlite3_bind_blob(_statement, Place(name), value));

        return Bound(SqliteNative.BindBytes(_handle, Place(name), CountBytes(value.Length), value.Length, SqliteNative.Static));
    }

    public override PreparedStatement Set(string name, long value) => Bound(SqliteNative.BindInteger(_handle, Place(name), value));

    public override PreparedStatement Set(string name, double? value) => Bound(value is { } number
        ? SqliteNative.BindReal(_handle, Place(name), number)
        : SqliteNative.BindNull(_handle, Place(name)));

    public override ValueTask<int> RunAsync()
    {
        var rc = SqliteNative.Step(_handle);
        // Also after a failure, and then it says the same again.
        _ = SqliteNative.Reset(_handle);
        _buffer.AsSpan(0, _filled).Clear();
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

    /// <summary>Takes a part of the buffer, and gives its address.</summary>
    private nint CountBytes(int length)
    {
        var address = _address + _filled;
        _filled += length;
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

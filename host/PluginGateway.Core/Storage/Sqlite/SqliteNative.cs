using System.Runtime.InteropServices;
using SQLitePCL;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// The functions of SQLite that the driver does not expose, and those that are called about forty times for each report: binding a value
/// through the driver costs several times as much as calling SQLite directly.
/// </summary>
internal static class SqliteNative
{
    /// <summary>SQLITE_STATIC: the value stays at its address until the statement has run.</summary>
    public const nint Static = 0;

    private const string Library = "e_sqlite3";

    [DllImport(Library, EntryPoint = "sqlite3_file_control", ExactSpelling = true)]
    public static extern int FileControl(sqlite3 connection, in byte name, int what, out int answer);

    [DllImport(Library, EntryPoint = "sqlite3_step", ExactSpelling = true)]
    public static extern int Step(nint statement);

    [DllImport(Library, EntryPoint = "sqlite3_reset", ExactSpelling = true)]
    public static extern int Reset(nint statement);

    // These functions only store a value, and no other code uses the connection: they are short enough to skip the transition that allows a
    // garbage collection.
    [SuppressGCTransition]
    [DllImport(Library, EntryPoint = "sqlite3_bind_null", ExactSpelling = true)]
    public static extern int BindNull(nint statement, int place);

    [SuppressGCTransition]
    [DllImport(Library, EntryPoint = "sqlite3_bind_int64", ExactSpelling = true)]
    public static extern int BindInteger(nint statement, int place, long value);

    [SuppressGCTransition]
    [DllImport(Library, EntryPoint = "sqlite3_bind_double", ExactSpelling = true)]
    public static extern int BindReal(nint statement, int place, double value);

    [SuppressGCTransition]
    [DllImport(Library, EntryPoint = "sqlite3_bind_text", ExactSpelling = true)]
    public static extern int BindText(nint statement, int place, nint value, int length, nint keeping);

    [SuppressGCTransition]
    [DllImport(Library, EntryPoint = "sqlite3_bind_blob", ExactSpelling = true)]
    public static extern int BindBytes(nint statement, int place, nint value, int length, nint keeping);
}

using System.Runtime.InteropServices;
using SQLitePCL;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// Parts of SQLite that the driver does not hand on, and those that run forty times for each report: by way of the driver, noting a value
/// costs several times what it costs SQLite.
/// </summary>
internal static class SqliteNative
{
    /// <summary>For a value that stays where it is until the statement has run.</summary>
    public const nint Static = 0;

    private const string Library = "e_sqlite3";

    [DllImport(Library, EntryPoint = "sqlite3_file_control", ExactSpelling = true)]
    public static extern int FileControl(sqlite3 connection, in byte name, int what, out int answer);

    [DllImport(Library, EntryPoint = "sqlite3_step", ExactSpelling = true)]
    public static extern int Step(nint statement);

    [DllImport(Library, EntryPoint = "sqlite3_reset", ExactSpelling = true)]
    public static extern int Reset(nint statement);

    // These only note a value, and nobody else uses the connection: too short for the runtime to get ready for a collection meanwhile.
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

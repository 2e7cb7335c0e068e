using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;

namespace PluginGateway.Host;

/// <summary>
/// Most of a start is compiling, and what council files and the database need of that can be done on another processor while the gateway is put
/// together on one: here they are used once, for nothing.
/// </summary>
internal static class StartupWarmUp
{
    public static ReadOnlySpan<byte> Council =>
        """
        {
          "jurisdictionId": "a", "name": "A", "sendMethod": "a",
          "backends": { "a": { "adapter": "a" } }, "services": [ { "code": "a", "name": "A" } ]
        }
        """u8;

    public static Task RunAsync() => Task.Run(async static () =>
    {
        try
        {
            await using var connection = new PreparingConnection("Data Source=:memory:");
            await connection.OpenAsync();
            var db = new DbSession(connection, null, new SqliteDialect(), CancellationToken.None);
            await db.ListAsync<string>("SELECT @nothing", new { nothing = "" });
            CouncilFileReader.Read(Council.ToArray());
        }
#pragma warning disable CA1031 // What is wrong shows where it matters, or not at all: on a machine without SQLite the database is another.
        catch (Exception)
        {
            // The start does without.
        }
#pragma warning restore CA1031
    });
}

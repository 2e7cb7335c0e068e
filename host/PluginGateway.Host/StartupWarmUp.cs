using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;

namespace PluginGateway.Host;

/// <summary>
/// Most of the startup time is JIT compilation. This class runs the code that reads council files and the database once, on another processor
/// while the gateway is being built, so that it is compiled before it is needed.
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
#pragma warning disable CA1031 // An error that matters occurs again during startup. If the machine has no SQLite, another database is configured.
        catch (Exception)
        {
            // The startup continues without the warm-up.
        }
#pragma warning restore CA1031
    });
}

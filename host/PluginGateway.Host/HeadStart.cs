using Dapper;
using Microsoft.Data.Sqlite;
using PluginGateway.Host.Councils;

namespace PluginGateway.Host;

/// <summary>
/// Most of a start is compiling, and what council files and the database need of that can be done on another processor while the gateway is put
/// together on one.
/// </summary>
internal static class HeadStart
{
    public static Task TakeAsync() => Task.Run(static () =>
    {
        CouncilFileReader.Read("{}"u8.ToArray());
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Query<string>("SELECT @nothing", new { nothing = "" });
    });
}

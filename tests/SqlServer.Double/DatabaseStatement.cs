using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

namespace PluginGateway.Testing.SqlServer;

/// <summary>The statements with which tests create and drop databases.</summary>
internal sealed partial record DatabaseStatement(bool Create, string Name)
{
    public static DatabaseStatement? Read(string sql) => Form().Match(sql) is { Success: true } match
        ? new DatabaseStatement(match.Groups[1].Value == "CREATE", match.Groups[2].Value)
        : null;

    public IReadOnlyList<TsqlResult> Run(SqlServerDouble server)
    {
        var file = server.FileOf(Name);
        if (Create)
        {
            File.Create(file).Dispose();
            return [];
        }

        SqliteConnection.ClearAllPools();
        TsqlSchema.Forget(file);
        foreach (var part in new[] { file, file + "-wal", file + "-shm" })
            File.Delete(part);
        return [];
    }

    [GeneratedRegex(@"^(CREATE|DROP) DATABASE \[([A-Za-z0-9_]+)\]$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Form();
}

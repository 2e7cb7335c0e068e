using System.Text.RegularExpressions;

namespace PluginGateway.Core.Storage.SqlServer;

/// <summary>A script of the schema, split into batches that run in a transaction, and the indexes on tables that exist before the script.</summary>
internal sealed partial record SqlServerScript(IReadOnlyList<string> Batches, IReadOnlyList<ScriptIndex> Indexes)
{
    public static SqlServerScript Parse(string sql)
    {
        var created = CreateTable().Matches(sql).Select(m => m.Groups["table"].Value).ToHashSet(StringComparer.Ordinal);
        var indexes = CreateIndex().Matches(sql)
            .Select(m => new ScriptIndex(m.Groups["name"].Value, m.Groups["table"].Value, m.Groups["sql"].Value))
            .Where(i => !created.Contains(i.Table))
            .ToList();
        foreach (var index in indexes)
            sql = sql.Replace(index.Sql + ";", "", StringComparison.Ordinal);
        return new SqlServerScript([.. sql.Split("\nGO\n").Where(b => b.Contains(';', StringComparison.Ordinal))], indexes);
    }

    [GeneratedRegex(@"^CREATE TABLE dbo\.(?<table>\w+)", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1_000)]
    private static partial Regex CreateTable();

    [GeneratedRegex(
        @"^(?<sql>CREATE (UNIQUE )?INDEX (?<name>\w+) ON dbo\.(?<table>\w+) [^;]+);", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1_000)]
    private static partial Regex CreateIndex();
}

/// <summary>An index that a script creates.</summary>
internal sealed record ScriptIndex(string Name, string Table, string Sql);

using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Reports;

/// <summary>Every id a report ever had beside the gateway's own: those told, the back end's, tokens. Never removed.</summary>
internal static class Aliases
{
    /// <summary>Adds an id; one that is there already keeps its report.</summary>
    /// <returns>Whether the id is this report's.</returns>
    public static async Task<bool> AddAsync(DbSession db, string council, string backEnd, string id, long reportId, int revision, AliasKind kind)
    {
        var key = IdKey.Of(id);
        var added = await db.ExecuteAsync(
            """
            INSERT INTO report_alias (council, backend, id_key, id, report_id, revision, kind)
            SELECT @council, @backEnd, @key, @id, @reportId, @revision, @kind
            WHERE NOT EXISTS (SELECT 1 FROM report_alias WHERE council = @council AND backend = @backEnd AND id_key = @key)
            """,
            new { council, backEnd, key, id, reportId, revision, kind = (int)kind });
        return added > 0 || await db.ScalarAsync<long>(
            "SELECT report_id FROM report_alias WHERE council = @council AND backend = @backEnd AND id_key = @key", new { council, backEnd, key }) == reportId;
    }
}

internal enum AliasKind
{
    /// <summary>Never stored: an id of ours leads to its report by itself.</summary>
    Own = 1,
    Published = 2,
    BackEnd = 3,
    Token = 4,
}

/// <summary>Those of them that statements name, as the text of a statement has them.</summary>
internal static class AliasKinds
{
    public const string Token = "4";
}

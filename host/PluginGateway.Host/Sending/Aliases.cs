using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>Every id a report ever had: its own, those told, the back end's, tokens. Never removed.</summary>
internal static class Aliases
{
    /// <summary>Adds an id; one that is there already keeps its report.</summary>
    /// <returns>Whether the id is this report's.</returns>
    public static async Task<bool> AddAsync(DbSession db, string council, string backEnd, string id, long reportId, int revision, AliasKind kind)
    {
        var hash = OwnIds.Hash(id);
        var added = await db.ExecuteAsync(
            """
            INSERT INTO report_alias (council, backend, id_hash, id, report_id, revision, kind)
            SELECT @council, @backEnd, @hash, @id, @reportId, @revision, @kind
            WHERE NOT EXISTS (SELECT 1 FROM report_alias WHERE council = @council AND backend = @backEnd AND id_hash = @hash)
            """,
            new { council, backEnd, hash, id, reportId, revision, kind = (int)kind });
        return added > 0 || await db.ScalarAsync<long>(
            "SELECT report_id FROM report_alias WHERE council = @council AND backend = @backEnd AND id_hash = @hash", new { council, backEnd, hash }) == reportId;
    }
}

internal enum AliasKind
{
    Own = 1,
    Told = 2,
    BackEnd = 3,
    Token = 4,
}

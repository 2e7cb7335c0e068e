using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Reports;

/// <summary>
/// Stores all ids of a report besides the gateway's own: ids published to clients, ids of back ends, and tokens. An alias is never removed.
/// </summary>
internal static class Aliases
{
    /// <summary>Returns the keys of an id as it is written, in capitals and in small letters.</summary>
    public static byte[][] Keys(string id) =>
        [.. new[] { id, id.ToUpperInvariant(), id.ToLowerInvariant() }.Distinct(StringComparer.Ordinal).Select(IdKey.Of)];

    /// <summary>
    /// Whether an id has both capitals and small letters, so that <see cref="Keys"/> does not find it however it is written.
    /// </summary>
    public static bool IsMixed(string id) => id.Any(char.IsUpper) && id.Any(char.IsLower);

    /// <summary>Adds an alias. An alias that already exists keeps its report.</summary>
    /// <returns>Whether the alias belongs to this report.</returns>
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
    /// <summary>An id that the gateway created. It is never stored, because it contains the report's id.</summary>
    Own = 1,
    Published = 2,
    BackEnd = 3,
    Token = 4,
}

/// <summary>The kinds of aliases that SQL statements use, as literals.</summary>
internal static class AliasKinds
{
    public const string Token = "4";
}

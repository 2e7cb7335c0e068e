using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>How far the clearing of each council's updates has come.</summary>
internal static class CouncilUpdateMarks
{
    public static string Of(string council) => $"council_update {council}";

    /// <summary>Updates of before the mark came: the next walk begins with them.</summary>
    public static Task OlderAsync(DbSession db, string council, long served) =>
        db.ExecuteAsync("UPDATE job_checkpoint SET value = @served WHERE name = @name AND value > @served", new { name = Of(council), served });
}

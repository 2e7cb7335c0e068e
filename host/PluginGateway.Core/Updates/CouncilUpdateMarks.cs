using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>Stores how far the retention sweep of each council's updates has advanced.</summary>
internal static class CouncilUpdateMarks
{
    public static string Of(string council) => $"council_update {council}";

    /// <summary>Moves the checkpoint back, because updates were added before it. The next sweep starts with them.</summary>
    public static Task MoveBackAsync(DbSession db, string council, long served) =>
        db.ExecuteAsync("UPDATE job_checkpoint SET value = @served WHERE name = @name AND value > @served", new { name = Of(council), served });
}

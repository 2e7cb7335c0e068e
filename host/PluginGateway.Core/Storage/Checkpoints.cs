namespace PluginGateway.Core.Storage;

/// <summary>Stores the checkpoints of jobs that process a table over several nights or restarts.</summary>
internal static class Checkpoints
{
    public static Task<long?> FindAsync(DbSession db, string name) =>
        db.ScalarAsync<long?>("SELECT value FROM job_checkpoint WHERE name = @name", new { name });

    public static async Task<int> SetAsync(DbSession db, string name, long value)
    {
        var known = await db.ExecuteAsync("UPDATE job_checkpoint SET value = @value WHERE name = @name", new { name, value });
        return known > 0 ? known : await db.ExecuteAsync("INSERT INTO job_checkpoint (name, value) VALUES (@name, @value)", new { name, value });
    }
}

namespace PluginGateway.Core.Storage;

/// <summary>Writes that record what has already happened at a council's system. They must survive a short outage of the database.</summary>
internal static class DurableWrites
{
    /// <summary>
    /// About an hour. By then the lease has long expired, and the outcome of the delivery is determined by querying the back end or by an
    /// operator.
    /// </summary>
    private const int MaxAttempts = 360;

    private const int MaxPauseSeconds = 10;

    /// <summary>
    /// Runs a write and retries it while the database is unavailable. It is also retried after a commit that received no response, so it
    /// must detect whether it has already been applied.
    /// </summary>
    public static async Task<T> WriteWithRetryAsync<T>(this IDatabase database, Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await database.WriteAsync(work, ct);
            }
            catch (Exception e) when (attempt < MaxAttempts && DatabaseErrors.IsDatabaseError(e) && DatabaseErrors.IsTransient(e))
            {
                // Waits in real time: an outage of the database does not depend on the gateway's clock, which tests can stop.
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(attempt, MaxPauseSeconds)), ct);
            }
        }
    }
}

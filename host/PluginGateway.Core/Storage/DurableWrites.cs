namespace PluginGateway.Core.Storage;

/// <summary>Writes of what has happened already, at a council: that it did is not undone by a database that is away for a moment.</summary>
internal static class DurableWrites
{
    /// <summary>About an hour; by then the lease has ended long ago, and what became of the report is asked or looked at.</summary>
    private const int MaxTries = 360;

    private const int MaxPauseSeconds = 10;

    /// <summary>
    /// Writes as soon as the database takes it. Also after a commit that got no answer, so <paramref name="work"/> must find for itself that it
    /// was done.
    /// </summary>
    public static async Task<T> WriteWithRetryAsync<T>(this IDatabase database, Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await database.WriteAsync(work, ct);
            }
            catch (Exception e) when (tries < MaxTries && DatabaseErrors.IsDatabaseError(e) && DatabaseErrors.IsTransient(e))
            {
                // By the machine's clock: it is the machine's trouble, whatever time it is for the gateway.
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(tries, MaxPauseSeconds)), ct);
            }
        }
    }
}

namespace PluginGateway.Core.Retention;

/// <summary>
/// Deletes one kind of data after its retention period. It goes through the rows in the order of their key, window by window, with a few short
/// statements each, so that other writes are not delayed however much data there is.
/// </summary>
internal interface ISweep
{
    /// <summary>The name of the data in the log, in the plural.</summary>
    string Name { get; }

    /// <summary>Returns how long the data is kept; null if it is never deleted.</summary>
    TimeSpan? RetentionPeriod(RetentionOptions options);

    /// <summary>Deletes the data whose retention period has ended.</summary>
    /// <param name="before">The time, in Unix milliseconds; older data is deleted.</param>
    /// <param name="remove">Whether to delete; false only counts.</param>
    /// <param name="ct">Cancels between two windows.</param>
    /// <returns>The number of rows that were, or would be, deleted.</returns>
    Task<long> RunAsync(long before, bool remove, CancellationToken ct);
}

/// <summary>Deletes data whose key is a number.</summary>
internal abstract class WindowSweep : ISweep
{
    /// <summary>The number of rows that are read together.</summary>
    protected const int Window = 500;

    public abstract string Name { get; }

    public abstract TimeSpan? RetentionPeriod(RetentionOptions options);

    public async Task<long> RunAsync(long before, bool remove, CancellationToken ct)
    {
        var cleared = 0L;
        long? after = 0;
        while (after is { } last)
        {
            ct.ThrowIfCancellationRequested();
            (after, var count) = await StepAsync(last, before, remove, ct);
            cleared += count;
        }

        return cleared;
    }

    /// <summary>Deletes the data of one window.</summary>
    /// <returns>The last key of the window, or null at the end; and the number of rows that were, or would be, deleted.</returns>
    protected abstract Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct);

    /// <summary>Converts a setting to a retention period. Zero means that the data is never deleted.</summary>
    protected static TimeSpan? For(TimeSpan setting) => setting > TimeSpan.Zero ? setting : null;
}

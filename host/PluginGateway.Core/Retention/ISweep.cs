namespace PluginGateway.Core.Retention;

/// <summary>
/// One kind of thing that is not kept for ever. It is walked in the order of its key, window by window, each with a few short statements:
/// however much there is, nobody waits for it.
/// </summary>
internal interface ISweep
{
    /// <summary>What is cleared, as it stands in the log: a plural.</summary>
    string Name { get; }

    /// <summary>How long it is kept; null for ever.</summary>
    TimeSpan? RetentionPeriod(RetentionOptions options);

    /// <summary>Clears what is over.</summary>
    /// <param name="before">What ended before this time goes, in unix milliseconds.</param>
    /// <param name="remove">False to count only.</param>
    /// <param name="ct">Ends between two windows.</param>
    /// <returns>How much went, or would go.</returns>
    Task<long> RunAsync(long before, bool remove, CancellationToken ct);
}

/// <summary>One whose key is a number.</summary>
internal abstract class WindowSweep : ISweep
{
    /// <summary>The rows that are looked at together.</summary>
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

    /// <summary>Clears one window.</summary>
    /// <returns>The key it ended with, null when there was nothing more; and how much of it went.</returns>
    protected abstract Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct);

    /// <summary>A setting of zero keeps it for ever.</summary>
    protected static TimeSpan? For(TimeSpan setting) => setting > TimeSpan.Zero ? setting : null;
}

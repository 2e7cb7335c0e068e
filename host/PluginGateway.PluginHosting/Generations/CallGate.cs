namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Limits the concurrent calls to one capability of one back end through one generation. A call occupies its place, and the thread it may block,
/// until it actually ends, even after the caller stopped waiting. An adapter that hangs uses up only its own places, not the threads of others.
/// </summary>
internal sealed class CallGate(int places)
{
    private readonly SemaphoreSlim _places = new(places);
    private int _abandoned;

    public int Places => places;

    /// <summary>Whether every place is occupied by an abandoned call, so that waiting for one is pointless.</summary>
    public bool IsExhausted => Volatile.Read(ref _abandoned) >= places;

    /// <summary>Waits for a place.</summary>
    /// <exception cref="OperationCanceledException">No place became free in time.</exception>
    public Task EnterAsync(CancellationToken ct) => _places.WaitAsync(ct);

    public void Exit() => _places.Release();

    /// <summary>Counts an abandoned call until it ends.</summary>
    public async Task CountAbandonedAsync(Task call)
    {
        Interlocked.Increment(ref _abandoned);
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref _abandoned);
    }
}

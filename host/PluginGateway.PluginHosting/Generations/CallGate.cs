namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// The places for the calls of one capability of one back end, by one generation. A call keeps its place, and the thread it may block, until
/// it has really ended, not only until it was given up: an adapter that hangs runs out of places, and takes no one else's threads.
/// </summary>
internal sealed class CallGate(int places)
{
    private readonly SemaphoreSlim _places = new(places);
    private int _givenUp;

    public int Places => places;

    /// <summary>Whether every place is kept by a call that was given up: to wait for one would be in vain.</summary>
    public bool IsClosed => Volatile.Read(ref _givenUp) >= places;

    /// <summary>Waits for a place.</summary>
    /// <exception cref="OperationCanceledException">None came free in time.</exception>
    public Task EnterAsync(CancellationToken ct) => _places.WaitAsync(ct);

    public void Exit() => _places.Release();

    /// <summary>Counts a call that was given up, until it ends.</summary>
    public async Task CountAsync(Task call)
    {
        Interlocked.Increment(ref _givenUp);
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref _givenUp);
    }
}

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// What the calls of one generation for one back end may keep. An adapter that blocks keeps a thread until it goes on, and one that never
/// ends a call keeps that call: both are bounded, so that neither takes the threads or the memory of everybody else.
/// </summary>
internal sealed class CallGate
{
    /// <summary>Threads that the calls may block at a time. One that awaits what it does needs its thread for an instant only.</summary>
    public const int Threads = 8;

    /// <summary>Calls that were given up and go on; with more there are no new ones.</summary>
    public const int Unended = 64;

    private readonly SemaphoreSlim _threads = new(Threads);
    private int _unended;

    /// <summary>Whether so many calls never ended that no new one is made.</summary>
    public bool IsClosed => Volatile.Read(ref _unended) >= Unended;

    /// <summary>
    /// Begins a call on a thread of the pool, when one may be kept. The thread is given back when <paramref name="call"/> first waits for
    /// something, or ends.
    /// </summary>
    /// <exception cref="OperationCanceledException">No thread came free in time; nothing was called.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken ct)
    {
        await _threads.WaitAsync(ct);
        return await Task.Run(() => Begin(call), CancellationToken.None);
    }

    /// <summary>Counts a call that was given up, until it ends.</summary>
    public async Task CountAsync(Task call)
    {
        Interlocked.Increment(ref _unended);
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref _unended);
    }

    private Task<T> Begin<T>(Func<Task<T>> call)
    {
        try
        {
            return call();
        }
        finally
        {
            _threads.Release();
        }
    }
}

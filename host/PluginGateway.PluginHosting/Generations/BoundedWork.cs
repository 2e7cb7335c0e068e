using System.Runtime.ExceptionServices;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Runs synchronous code of a plug-in on a separate thread, so that a constructor or planner that never returns blocks only this thread. All
/// callers share one deadline, so that nobody waits again for work that already hangs.
/// </summary>
internal sealed class BoundedWork<T>
{
    /// <summary>Code without I/O returns immediately; this limit allows for a busy machine.</summary>
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(10);

    private readonly Thread _thread;
    private readonly TimeSpan _within;
    private readonly long _deadline;
    private T _value = default!;
    private ExceptionDispatchInfo? _failure;
    private volatile bool _done;

    public BoundedWork(Func<T> work)
        : this(work, DefaultLimit)
    {
    }

    public BoundedWork(Func<T> work, TimeSpan within)
    {
        (_within, _deadline) = (within, Environment.TickCount64 + (long)within.TotalMilliseconds);
        _thread = new Thread(() => Run(work)) { IsBackground = true, Name = "plug-in" };
        _thread.Start();
    }

    /// <summary>Whether the work has ended, successfully or not.</summary>
    public bool IsDone => _done;

    /// <summary>Whether the work has completed successfully.</summary>
    public bool HasValue => _done && _failure is null;

    /// <summary>The result. Throws the exception of the work, or a <see cref="TimeoutException"/> after the deadline.</summary>
    public T Value
    {
        get
        {
            if (!_done && !_thread.Join(TimeSpan.FromMilliseconds(Math.Max(0, _deadline - Environment.TickCount64))))
                throw new TimeoutException($"it did not finish within {_within.TotalSeconds:0.#} s");

            _failure?.Throw();
            return _value;
        }
    }

    private void Run(Func<T> work)
    {
        try
        {
            _value = work();
        }
#pragma warning disable CA1031 // The plug-in boundary: the exception is rethrown to the callers that read the value.
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
#pragma warning restore CA1031

        _done = true;
    }
}

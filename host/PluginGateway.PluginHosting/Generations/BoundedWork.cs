using System.Runtime.ExceptionServices;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Synchronous code of a plug-in, on a thread of its own: a constructor or planner that never ends keeps that thread and nobody else's. All who
/// wait share one deadline, so that nobody waits for what has hung already.
/// </summary>
internal sealed class BoundedWork<T>
{
    /// <summary>What has no I/O to do ends at once; this is for a machine that is busy.</summary>
    private static readonly TimeSpan DefaultStack = TimeSpan.FromSeconds(10);

    private readonly Thread _thread;
    private readonly TimeSpan _within;
    private readonly long _deadline;
    private T _value = default!;
    private ExceptionDispatchInfo? _failure;
    private volatile bool _done;

    public BoundedWork(Func<T> work)
        : this(work, DefaultStack)
    {
    }

    public BoundedWork(Func<T> work, TimeSpan within)
    {
        (_within, _deadline) = (within, Environment.TickCount64 + (long)within.TotalMilliseconds);
        _thread = new Thread(() => Run(work)) { IsBackground = true, Name = "plug-in" };
        _thread.Start();
    }

    /// <summary>Whether there is a value.</summary>
    public bool HasValue => _done && _failure is null;

    /// <summary>The value; what the work threw, or <see cref="TimeoutException"/>.</summary>
    public T Value
    {
        get
        {
            if (!_done && !_thread.Join(TimeSpan.FromMilliseconds(Math.Max(0, _deadline - Environment.TickCount64))))
                throw new TimeoutException($"it did not end within {_within.TotalSeconds:0.#} s");

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
#pragma warning disable CA1031 // The plug-in boundary: what it throws goes to whoever asks for the value.
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
#pragma warning restore CA1031

        _done = true;
    }
}

using System.Runtime.ExceptionServices;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Runs synchronous code of a plug-in on a separate thread, so that a constructor or planner that never returns blocks only this thread. All
/// callers share one deadline, so that nobody waits again for work that already hangs.
/// </summary>
internal sealed class BoundedWork<T>
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkLimits _limits;
    private readonly long _started = Environment.TickCount64;
    private volatile ProcessorTime? _processorTime;
    private T _value = default!;
    private ExceptionDispatchInfo? _failure;

    public BoundedWork(Func<T> work)
        : this(work, WorkLimits.Default)
    {
    }

    public BoundedWork(Func<T> work, WorkLimits limits)
    {
        _limits = limits;
        new Thread(() => Run(work)) { IsBackground = true, Name = "plug-in" }.Start();
    }

    /// <summary>Whether the work has ended. It refers to nothing of the plug-in, so it can be kept.</summary>
    public WorkProgress Progress { get; } = new();

    /// <summary>Completes when the work has ended, successfully or not.</summary>
    public Task Completed => _completed.Task;

    /// <summary>Whether the work has ended, successfully or not.</summary>
    public bool IsDone => Progress.IsDone;

    /// <summary>Whether the work has completed successfully.</summary>
    public bool HasValue => IsDone && _failure is null;

    /// <summary>Whether the work used more processor time than it may, so that it can be called a hang on any machine.</summary>
    public bool IsOverProcessorTime => !IsDone && _processorTime?.Used >= _limits.ProcessorTime;

    /// <summary>
    /// The result. Throws the exception of the work, or a <see cref="TimeoutException"/> if it has not finished within a few seconds. On a busy
    /// machine it may finish later.
    /// </summary>
    public T Value => Wait(_limits.Patience);

    /// <summary>The result, or a <see cref="TimeoutException"/> if the work reaches one of its limits.</summary>
    public T FinalValue => Wait(_limits.WallTime);

    private T Wait(TimeSpan within)
    {
        while (!IsDone)
        {
            var rest = within - TimeSpan.FromMilliseconds(Environment.TickCount64 - _started);
            if (rest <= TimeSpan.Zero || IsOverProcessorTime)
                throw new TimeoutException(
                    rest <= TimeSpan.Zero
                        ? $"it did not finish within {within.TotalSeconds:0.#} s"
                        : $"it used more than {_limits.ProcessorTime.TotalSeconds:0.#} s of processor time");
            Completed.Wait(rest < PollInterval ? rest : PollInterval);
        }

        _failure?.Throw();
        return _value;
    }

    private void Run(Func<T> work)
    {
        _processorTime = ProcessorTime.OfCurrentThread();
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

        Progress.IsDone = true;
        _completed.SetResult();
    }
}

/// <summary>The limits of code of a plug-in that performs no I/O and should return at once.</summary>
/// <param name="Patience">How long a caller waits for it.</param>
/// <param name="WallTime">The time after which it counts as hanging, unless the machine may just be busy.</param>
/// <param name="ProcessorTime">The processor time of its thread after which it counts as hanging on any machine.</param>
internal sealed record WorkLimits(TimeSpan Patience, TimeSpan WallTime, TimeSpan ProcessorTime)
{
    public static WorkLimits Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(5));
}

/// <summary>Whether some work has ended.</summary>
internal sealed class WorkProgress
{
    private volatile bool _isDone;

    public bool IsDone
    {
        get => _isDone;
        set => _isDone = value;
    }
}

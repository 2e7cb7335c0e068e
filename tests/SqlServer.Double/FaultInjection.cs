using System.Collections.Concurrent;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Injects faults: the next statements that contain a text fail or are not answered, or the connection breaks at a commit.</summary>
public sealed class FaultInjection
{
    private readonly ConcurrentDictionary<string, (int Number, int Left)> _errors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _hanging = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _delays = new(StringComparer.Ordinal);
    private int _refusing;
    private TaskCompletionSource? _silence;
    private int _breakBefore;
    private int _breakAfter;
    private volatile string _breakAfterText = "";

    /// <summary>Whether the server accepts connections and refuses every log-in, as during recovery.</summary>
    public bool RefusesAll
    {
        get => Volatile.Read(ref _refusing) == 1;
        set => Volatile.Write(ref _refusing, value ? 1 : 0);
    }

    /// <summary>Whether the server accepts connections and answers nothing, on existing connections too.</summary>
    public bool IsSilent
    {
        get => Volatile.Read(ref _silence) is not null;
        set => Interlocked.Exchange(ref _silence, value ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null)?.TrySetResult();
    }

    /// <summary>The next <paramref name="times"/> statements that contain the text fail with this error number.</summary>
    public void Fail(string text, int number, int times) => _errors[text] = (number, times);

    /// <summary>The next <paramref name="times"/> statements that contain the text are not answered until the client times out.</summary>
    public void Hang(string text, int times) => _hanging[text] = times;

    /// <summary>The statements that contain the text are answered when the task has completed.</summary>
    public void Delay(string text, Task until) => _delays[text] = until;

    /// <summary>The connection breaks at the next commits, before they are made.</summary>
    public void BreakBeforeCommit(int times) => Volatile.Write(ref _breakBefore, times);

    /// <summary>The next commits are made and their answers lost, for transactions with a statement that contains the text.</summary>
    public void BreakAfterCommit(int times, string text = "")
    {
        _breakAfterText = text;
        Volatile.Write(ref _breakAfter, times);
    }

    /// <summary>Waits until the server answers.</summary>
    internal Task WhileSilentAsync(CancellationToken ct) => Volatile.Read(ref _silence)?.Task.WaitAsync(ct) ?? Task.CompletedTask;

    internal async Task WhileDelayedAsync(string statement)
    {
        foreach (var (text, until) in _delays)
            if (statement.Contains(text, StringComparison.Ordinal))
                await until;
    }

    internal bool BreaksBefore() => Use(ref _breakBefore);

    internal bool BreaksAfter(IEnumerable<string> statements) =>
        statements.Any(s => s.Contains(_breakAfterText, StringComparison.Ordinal)) && Use(ref _breakAfter);

    /// <summary>Returns the error number to inject for a statement; 0 for none.</summary>
    internal int ErrorFor(string statement)
    {
        foreach (var (text, (number, left)) in _errors)
            if (left > 0 && statement.Contains(text, StringComparison.Ordinal) && _errors.TryUpdate(text, (number, left - 1), (number, left)))
                return number;
        return 0;
    }

    internal bool Hangs(string statement)
    {
        foreach (var (text, left) in _hanging)
            if (left > 0 && statement.Contains(text, StringComparison.Ordinal) && _hanging.TryUpdate(text, left - 1, left))
                return true;
        return false;
    }

    private static bool Use(ref int left) => Interlocked.Decrement(ref left) >= 0 || Interlocked.Increment(ref left) > int.MaxValue;
}

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>
/// Counts the latest calls of a lane. The failure limit is reached after five failures in a row, or when at least half of the calls within five minutes
/// have failed and there were at least ten.
/// </summary>
internal sealed class CallWindow
{
    private const int FailuresInARow = 5;
    private const int MinCalls = 10;
    private const int MaxCalls = 1_000;

    private static readonly TimeSpan Length = TimeSpan.FromMinutes(5);

    private readonly Queue<(DateTimeOffset At, bool Failed)> _calls = new();
    private readonly Lock _lock = new();
    private int _failed;
    private int _failedInARow;

    /// <summary>Adds a call.</summary>
    /// <returns>Whether this failure reaches the limit.</returns>
    public bool Add(DateTimeOffset now, bool failed)
    {
        lock (_lock)
        {
            _calls.Enqueue((now, failed));
            _failed += failed ? 1 : 0;
            _failedInARow = failed ? _failedInARow + 1 : 0;
            while (_calls.Count > MaxCalls || _calls.Peek().At < now - Length)
                _failed -= _calls.Dequeue().Failed ? 1 : 0;
            return failed && (_failedInARow >= FailuresInARow || (_calls.Count >= MinCalls && _failed * 2 >= _calls.Count));
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _calls.Clear();
            (_failed, _failedInARow) = (0, 0);
        }
    }
}

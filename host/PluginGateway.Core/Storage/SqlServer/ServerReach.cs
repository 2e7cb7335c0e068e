using System.Collections.Concurrent;
using System.Diagnostics;

namespace PluginGateway.Core.Storage.SqlServer;

/// <summary>
/// Observes whether the server can be reached. Without it, every operation would wait for its own time-out, one after the other. If an operation takes
/// long, or no connection can be opened, one probe is made. If it fails, all running operations end at once, further ones fail immediately, and only the
/// probe is repeated until the server is back.
/// </summary>
internal sealed class ServerReach : IDisposable
{
    /// <summary>An operation of this age is a reason to probe. Together with the probe this is less than the time that callers are promised.</summary>
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan ProbeWithin = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a server is probed that is slow or cannot be reached.</summary>
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(1);

    private readonly Func<Task> _probe;
    private readonly Action _isBack;
    private readonly string _description;
    private readonly Timer _timer;
    private readonly ConcurrentDictionary<Operation, bool> _running = [];
    private readonly Lock _change = new();
    private volatile string? _cause;
    private Task<bool>? _probing;
    private long _probedAt;

    /// <param name="description">The server, as the subject of a sentence.</param>
    /// <param name="probe">Opens a new connection and makes a round trip.</param>
    /// <param name="isBack">Called when the server can be reached again.</param>
    public ServerReach(string description, Func<Task> probe, Action isBack)
    {
        (_description, _probe, _isBack) = (description, probe, isBack);
        _timer = new Timer(_ => Check(), null, Interval, Interval);
    }

    /// <summary>Runs an operation, which ends at once if the server turns out to be unreachable.</summary>
    /// <exception cref="DatabaseUnreachableException">The server cannot be reached. Nothing was committed.</exception>
    /// <exception cref="DatabaseConnectionLostException">The server cannot be reached. The commit had been requested, so its outcome is unknown.</exception>
    public async Task<T> RunAsync<T>(Func<Operation, Task<T>> work)
    {
        ThrowIfUnreachable();
        var operation = new Operation();
        _running[operation] = true;
        try
        {
            // On another thread, because some calls of the client block.
            var running = Task.Run(() => work(operation));
            if (await Task.WhenAny(running, operation.Ended) == running)
                return await running;

            _ = running.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw operation.IsCommitting ? new DatabaseConnectionLostException(mayHaveBeenCommitted: true, Unreachable()) : Unreachable();
        }
        finally
        {
            _running.TryRemove(operation, out _);
        }
    }

    /// <summary>Probes the server because a connection could not be opened.</summary>
    /// <exception cref="DatabaseUnreachableException">The server cannot be reached.</exception>
    public async Task CheckAsync()
    {
        await ProbeAsync();
        ThrowIfUnreachable();
    }

    public void Dispose() => _timer.Dispose();

    private void ThrowIfUnreachable()
    {
        if (_cause is not null)
            throw Unreachable();
    }

    private DatabaseUnreachableException Unreachable() => new($"{_description} cannot be reached: {_cause ?? "it does not respond"}");

    private void Check()
    {
        var isDue = Stopwatch.GetElapsedTime(Volatile.Read(ref _probedAt)) >= ProbeEvery;
        if (isDue && (_cause is not null || _running.Keys.Any(o => o.Age >= SlowAfter)))
            _ = ProbeAsync();
    }

    /// <summary>Makes one probe at a time; callers share it.</summary>
    private Task<bool> ProbeAsync()
    {
        lock (_change)
            return _probing is { IsCompleted: false } running ? running : _probing = ProbeOnceAsync();
    }

    private async Task<bool> ProbeOnceAsync()
    {
        string? cause = null;
        try
        {
            await Task.Run(_probe).WaitAsync(ProbeWithin);
        }
        catch (TimeoutException)
        {
            cause = "it does not respond";
        }
#pragma warning disable CA1031 // Whatever the client reports, there is no connection.
        catch (Exception e)
        {
            cause = e.Message.TrimEnd('.');
        }
#pragma warning restore CA1031

        var wasAway = _cause is not null;
        _cause = cause;
        Volatile.Write(ref _probedAt, Stopwatch.GetTimestamp());
        if (cause is not null)
            foreach (var operation in _running.Keys)
                operation.End();
        else if (wasAway)
            _isBack();
        return cause is null;
    }

    /// <summary>An operation on the database. If it ends before its commit is requested, nothing is committed.</summary>
    internal sealed class Operation
    {
        private const int Running = 0;
        private const int Committing = 1;
        private const int IsAbandoned = 2;

        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly long _started = Stopwatch.GetTimestamp();
        private int _state;

        public Task Ended => _ended.Task;

        public bool IsCommitting => Volatile.Read(ref _state) == Committing;

        public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

        /// <summary>Called before the commit is requested.</summary>
        /// <exception cref="DatabaseUnreachableException">The caller has been told that nothing is committed.</exception>
        public void BeginCommit()
        {
            if (Interlocked.CompareExchange(ref _state, Committing, Running) == IsAbandoned)
                throw new DatabaseUnreachableException("The server could not be reached before the commit was requested.");
        }

        public void End()
        {
            Interlocked.CompareExchange(ref _state, IsAbandoned, Running);
            _ended.TrySetResult();
        }
    }
}

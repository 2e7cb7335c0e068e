using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Clients;

/// <summary>What is counted separately for each caller.</summary>
internal enum CallKind
{
    ReadsOfKey,
    PostsOfKey,
    ReadsOfAddress,
    PostsOfAddress,
    ServicesOfAddress,
    SignInsOfAddress,
}

/// <summary>
/// Counts the calls of each key and address in windows of one minute. The counts are discarded at the end of a window, so they need no timer.
/// </summary>
internal sealed class CallLimits(IOptions<LimitsOptions> options, TimeProvider time)
{
    /// <summary>The maximum number of callers that are counted separately. Beyond it, all new ones are counted together.</summary>
    private const int MaxCallers = 100_000;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private Window _window = new(0);

    /// <summary>Counts a call.</summary>
    /// <returns>Null if the call is within the limit; otherwise, the time after which the caller can call again.</returns>
    public TimeSpan? Count(CallKind kind, UInt128 caller) =>
        Limit(kind) is > 0 and var limit && Current(out var left).Count(kind, caller) > limit ? left : null;

    /// <summary>Returns the time after which a caller that has reached its limit can call again; null if it has not. The call is not counted.</summary>
    public TimeSpan? Find(CallKind kind, UInt128 caller) =>
        Limit(kind) is > 0 and var limit && Current(out var left).Find(kind, caller) >= limit ? left : null;

    private int Limit(CallKind kind) => kind switch
    {
        CallKind.ReadsOfKey => options.Value.ReadsPerKey,
        CallKind.PostsOfKey => options.Value.PostsPerKey,
        CallKind.SignInsOfAddress => options.Value.SignInsPerAddress,
        CallKind.ServicesOfAddress => options.Value.ServiceCallsPerAddress,
        _ => options.Value.CallsPerAddress,
    };

    private Window Current(out TimeSpan left)
    {
        var now = time.GetUtcNow().Ticks;
        var minute = now / Minute.Ticks;
        left = TimeSpan.FromTicks(((minute + 1) * Minute.Ticks) - now);
        var window = Volatile.Read(ref _window);
        if (window.Minute == minute)
            return window;

        var next = new Window(minute);
        var seen = Interlocked.CompareExchange(ref _window, next, window);
        return seen == window ? next : seen;
    }

    private sealed class Window(long minute)
    {
        private readonly ConcurrentDictionary<(CallKind, UInt128), StrongBox<int>> _counts = new();
        private readonly ConcurrentDictionary<CallKind, StrongBox<int>> _others = new();
        private int _callers;

        public long Minute => minute;

        public int Count(CallKind kind, UInt128 caller) => Interlocked.Increment(ref Box(kind, caller).Value);

        public int Find(CallKind kind, UInt128 caller) => _counts.TryGetValue((kind, caller), out var count) ? Volatile.Read(ref count.Value) : 0;

        private StrongBox<int> Box(CallKind kind, UInt128 caller)
        {
            if (_counts.TryGetValue((kind, caller), out var known))
                return known;
            // Keys are few. ConcurrentDictionary.Count would lock the whole dictionary.
            return kind is not (CallKind.ReadsOfKey or CallKind.PostsOfKey) && Interlocked.Increment(ref _callers) > MaxCallers
                ? _others.GetOrAdd(kind, static _ => new StrongBox<int>())
                : _counts.GetOrAdd((kind, caller), static _ => new StrongBox<int>());
        }
    }
}

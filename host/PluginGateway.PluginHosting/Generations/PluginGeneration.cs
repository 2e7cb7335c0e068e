using System.Collections.Concurrent;
using System.Collections.Immutable;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Loading;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// One loaded version of one plug-in, with the adapters that it created. It is used through leases. They are counted in one number whose lowest bit
/// marks the generation as retired, after which it grants no new leases.
/// </summary>
internal sealed class PluginGeneration : IDisposable
{
    private const long Retired = 1;
    private const long OneLease = 2;
    private const int Cold = 0;
    private const int Warming = 1;
    private const int Warm = 2;

    private readonly ConcurrentDictionary<string, CachedAdapter> _adapters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string BackEnd, Type Capability, int Places), CallGate> _gates = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _unloading = new();
    private ImmutableList<WorkProgress> _work = [];
    private LoadedPlugin? _loaded;
    private long _state;
    private int _warm;

    public PluginGeneration(int number, string adapterName, LoadedPlugin loaded)
    {
        Number = number;
        AdapterName = adapterName;
        Descriptor = loaded.Descriptor;
        // Stored separately, because reading it from a disposed source would throw.
        Unloading = _unloading.Token;
        _loaded = loaded;
    }

    public int Number { get; }

    public string AdapterName { get; }

    public string Version { get; init; } = "";

    /// <summary>The hash of its files; empty for an adapter that is part of the host.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Its path in the plug-ins folder; empty for an adapter that is part of the host.</summary>
    public string Path { get; set; } = "";

    /// <summary>The time since which it has served.</summary>
    public DateTimeOffset Since { get; set; }

    public AdapterDescriptor Descriptor { get; }

    public FaultRecord Faults { get; } = new();

    /// <summary>The token passed to the adapters; cancelled before the plug-in is unloaded.</summary>
    public CancellationToken Unloading { get; }

    /// <summary>Whether a lease on it is held.</summary>
    public bool IsInUse => (Volatile.Read(ref _state) & ~Retired) != 0;

    /// <summary>Completes when the generation is retired and its last lease has ended.</summary>
    public Task Drained => _drained.Task;

    public bool TryEnter()
    {
        if ((Interlocked.Add(ref _state, OneLease) & Retired) == 0)
            return true;

        Exit();
        return false;
    }

    public void Exit()
    {
        if (Interlocked.Add(ref _state, -OneLease) == Retired)
            _drained.TrySetResult();
    }

    public void Retire()
    {
        if ((Interlocked.Or(ref _state, Retired) & ~Retired) == 0)
            _drained.TrySetResult();
    }

    /// <summary>
    /// Returns the adapter of a back end. It is created at its first use and again when the settings have changed. Call it under a lease.
    /// Exceptions of <paramref name="context"/> or the plug-in go to the caller, and the next call retries.
    /// </summary>
    /// <param name="backEnd">The key of the back end.</param>
    /// <param name="settingsHash">The hash of its settings.</param>
    /// <param name="from">The argument for <paramref name="context"/>.</param>
    /// <param name="context">Creates the adapter's context.</param>
    public ICouncilAdapter Adapter<TFrom>(string backEnd, string settingsHash, TFrom from, Func<TFrom, CancellationToken, AdapterContext> context) =>
        _adapters.TryGetValue(backEnd, out var cached) && cached.SettingsHash == settingsHash && cached.Ready is { } adapter
            ? adapter
            : GetOrCreate(backEnd, settingsHash, from, context);

    /// <summary>Creates an adapter that is not cached, to check settings before they go live.</summary>
    public ICouncilAdapter Create(AdapterContext context) =>
        (_loaded ?? throw new ObjectDisposedException(AdapterName)).Plugin.Create(context)
            ?? throw new InvalidOperationException($"{AdapterName}: Create() returned null.");

    /// <summary>Runs code of the plug-in on a thread of its own. Call it under a lease; the code may outlive the lease.</summary>
    public BoundedWork<T> Run<T>(Func<T> code)
    {
        var work = new BoundedWork<T>(code);
        ImmutableInterlocked.Update(ref _work, static (all, added) => all.RemoveAll(w => w.IsDone).Add(added), work.Progress);
        return work;
    }

    /// <summary>The work on threads of its own that may still be running.</summary>
    public IReadOnlyList<WorkProgress> Work => _work;

    /// <summary>Returns the gate for calls to a capability (an interface of the contracts) of a back end.</summary>
    public CallGate Gate(string backEnd, Type capability, int places) => _gates.GetOrAdd((backEnd, capability, places), static key => new CallGate(key.Places));

    /// <summary>Whether compiling its code has been attempted.</summary>
    public bool IsWarm => Volatile.Read(ref _warm) == Warm;

    /// <summary>Compiles the plug-in's code before its first call. Call it under a lease.</summary>
    public void WarmUp()
    {
        if (Interlocked.CompareExchange(ref _warm, Warming, Cold) != Cold)
            return;

        try
        {
            if (_loaded?.Context is not null)
                Loading.WarmUp.Run(_loaded.Plugin.GetType().Assembly);
        }
        finally
        {
            Volatile.Write(ref _warm, Warm);
        }
    }

    /// <summary>Compiles the code of a generation that already serves. Code that cannot be compiled fails later, in the call that reaches it.</summary>
    public void TryWarmUp()
    {
        if (!TryEnter())
            return;

        try
        {
            WarmUp();
        }
#pragma warning disable CA1031 // The plug-in boundary: exceptions of its types must not end up in a task that nobody observes.
        catch (Exception)
        {
        }
#pragma warning restore CA1031
        finally
        {
            Exit();
        }
    }

    /// <summary>Notifies the plug-in that it is about to be unloaded. Exceptions of its handlers are ignored.</summary>
    public void SignalUnloading()
    {
        try
        {
            _unloading.Cancel();
        }
        catch (AggregateException)
        {
            // Not logged: a logged exception could keep the plug-in in memory.
        }
    }

    /// <summary>Releases all references and unloads the context. Call it when the last lease has ended.</summary>
    /// <returns>A weak reference to the context; null for an adapter that is part of the host.</returns>
    public WeakReference? Unload()
    {
        SignalUnloading();
        _unloading.Dispose();
        _adapters.Clear();
        var context = _loaded?.Context;
        _loaded = null;
        if (context is null)
            return null;

        var alive = new WeakReference(context, trackResurrection: true);
        try
        {
            context.Unload();
        }
#pragma warning disable CA1031 // The plug-in boundary: a handler of AssemblyLoadContext.Unloading is the plug-in's code.
        catch (Exception)
        {
            // The weak reference shows whether the context is removed from memory.
        }
#pragma warning restore CA1031

        return alive;
    }

    /// <summary>Notifies the plug-in that the gateway is stopping, without waiting for it.</summary>
    public void Dispose()
    {
        _ = _unloading.CancelAsync();
        _adapters.Clear();
        _loaded = null;
    }

    private ICouncilAdapter GetOrCreate<TFrom>(string backEnd, string settingsHash, TFrom from, Func<TFrom, CancellationToken, AdapterContext> context)
    {
        var cached = _adapters.AddOrUpdate(
            backEnd,
            static (_, arg) => arg,
            static (_, old, arg) => old.SettingsHash == arg.SettingsHash ? old : arg,
            new CachedAdapter(settingsHash, () => Run(() => Create(context(from, Unloading)))));
        try
        {
            return cached.Work.Value;
        }
        catch (Exception e) when (e is not TimeoutException)
        {
            // A creation that hangs stays cached, so that not every call starts another one.
            _adapters.TryRemove(new KeyValuePair<string, CachedAdapter>(backEnd, cached));
            throw;
        }
    }

    private sealed class CachedAdapter(string settingsHash, Func<BoundedWork<ICouncilAdapter>> make)
    {
        private readonly Lock _startLock = new();
        private BoundedWork<ICouncilAdapter>? _work;

        public string SettingsHash => settingsHash;

        /// <summary>The adapter if it has been created; otherwise null.</summary>
        public ICouncilAdapter? Ready => Volatile.Read(ref _work) is { HasValue: true } work ? work.Value : null;

        /// <summary>The creation of the adapter; started by the first reader.</summary>
        public BoundedWork<ICouncilAdapter> Work
        {
            get
            {
                lock (_startLock)
                    return _work ??= make();
            }
        }
    }
}

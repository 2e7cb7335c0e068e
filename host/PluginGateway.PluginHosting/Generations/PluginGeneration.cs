using System.Collections.Concurrent;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Loading;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// One loaded version of one plug-in, and the adapters it made. It is used through leases: one counter, whose lowest bit says that the
/// generation is retired and takes no new ones.
/// </summary>
internal sealed class PluginGeneration : IDisposable
{
    private const long Retired = 1;
    private const long OneLease = 2;
    private const int Cold = 0;
    private const int Warming = 1;
    private const int Warm = 2;

    private readonly ConcurrentDictionary<string, Made> _adapters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string BackEnd, Type Capability, int Places), CallGate> _gates = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _unloading = new();
    private LoadedPlugin? _loaded;
    private long _state;
    private int _warm;

    public PluginGeneration(int number, string adapterName, LoadedPlugin loaded)
    {
        Number = number;
        AdapterName = adapterName;
        Descriptor = loaded.Descriptor;
        // Kept apart: reading it from a source that is disposed would throw.
        Unloading = _unloading.Token;
        _loaded = loaded;
    }

    public int Number { get; }

    public string AdapterName { get; }

    public string Version { get; init; } = "";

    /// <summary>The hash of its files; empty for an adapter that is part of the host.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Where in the plug-ins folder it came from; empty for an adapter that is part of the host.</summary>
    public string Path { get; set; } = "";

    /// <summary>Since when it serves.</summary>
    public DateTimeOffset Since { get; set; }

    public AdapterDescriptor Descriptor { get; }

    public FaultRecord Faults { get; } = new();

    /// <summary>Given to the adapters: fires before the plug-in is unloaded.</summary>
    public CancellationToken Unloading { get; }

    /// <summary>Whether somebody is inside.</summary>
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
    /// The adapter of a back end, made at its first use and again when its settings changed. Call it under a lease. What
    /// <paramref name="context"/> or the plug-in throws goes to the caller and is not remembered.
    /// </summary>
    /// <param name="backEnd">Which back end.</param>
    /// <param name="settingsHash">Which version of its settings.</param>
    /// <param name="from">What the context is made from.</param>
    /// <param name="context">Gives the adapter's context.</param>
    public ICouncilAdapter Adapter<TFrom>(string backEnd, string settingsHash, TFrom from, Func<TFrom, CancellationToken, AdapterContext> context) =>
        _adapters.TryGetValue(backEnd, out var made) && made.SettingsHash == settingsHash && made.Ready is { } adapter
            ? adapter
            : Make(backEnd, settingsHash, from, context);

    /// <summary>Makes an adapter that is not kept: to check settings before they go live.</summary>
    public ICouncilAdapter Create(AdapterContext context) =>
        (_loaded ?? throw new ObjectDisposedException(AdapterName)).Plugin.Create(context)
            ?? throw new InvalidOperationException($"{AdapterName}: Create() gave null.");

    /// <summary>The places for calls of a capability (an interface of the contracts) of a back end.</summary>
    public CallGate Gate(string backEnd, Type capability, int places) => _gates.GetOrAdd((backEnd, capability, places), static key => new CallGate(key.Places));

    /// <summary>Whether its code is compiled, or was tried to be.</summary>
    public bool IsWarm => Volatile.Read(ref _warm) == Warm;

    /// <summary>Compiles the plug-in's code ahead of its first call; call it under a lease.</summary>
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

    /// <summary>The same for what serves already: code that cannot be compiled fails in the call that reaches it, and is told there.</summary>
    public void TryWarmUp()
    {
        if (!TryEnter())
            return;

        try
        {
            WarmUp();
        }
#pragma warning disable CA1031 // The plug-in boundary: what its types throw must not end up in a task that nobody looks at.
        catch (Exception)
        {
        }
#pragma warning restore CA1031
        finally
        {
            Exit();
        }
    }

    /// <summary>Tells the plug-in that it is about to be unloaded. What its handlers throw is its own affair.</summary>
    public void SignalUnloading()
    {
        try
        {
            _unloading.Cancel();
        }
        catch (AggregateException)
        {
            // Their log would hold the plug-in's exceptions, and with them the plug-in.
        }
    }

    /// <summary>Lets go of everything and unloads the context; call it when the last lease has ended.</summary>
    /// <returns>Tells whether the context is still alive; null for an adapter that is part of the host.</returns>
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
            // Whether it leaves the memory is seen by the reference.
        }
#pragma warning restore CA1031

        return alive;
    }

    /// <summary>The gateway ends: the plug-in is told, and not waited for.</summary>
    public void Dispose()
    {
        _ = _unloading.CancelAsync();
        _adapters.Clear();
        _loaded = null;
    }

    private ICouncilAdapter Make<TFrom>(string backEnd, string settingsHash, TFrom from, Func<TFrom, CancellationToken, AdapterContext> context)
    {
        var made = _adapters.AddOrUpdate(
            backEnd,
            static (_, arg) => arg,
            static (_, old, arg) => old.SettingsHash == arg.SettingsHash ? old : arg,
            new Made(settingsHash, () => Create(context(from, Unloading))));
        try
        {
            return made.Work.Value;
        }
        catch (Exception e) when (e is not TimeoutException)
        {
            // One that hangs is remembered, so that not every call begins it anew.
            _adapters.TryRemove(new KeyValuePair<string, Made>(backEnd, made));
            throw;
        }
    }

    private sealed class Made(string settingsHash, Func<ICouncilAdapter> make)
    {
        private readonly Lock _begin = new();
        private BoundedWork<ICouncilAdapter>? _work;

        public string SettingsHash => settingsHash;

        /// <summary>The adapter, if it is made.</summary>
        public ICouncilAdapter? Ready => Volatile.Read(ref _work) is { HasValue: true } work ? work.Value : null;

        /// <summary>Begun by whoever asks first.</summary>
        public BoundedWork<ICouncilAdapter> Work
        {
            get
            {
                lock (_begin)
                    return _work ??= new BoundedWork<ICouncilAdapter>(make);
            }
        }
    }
}

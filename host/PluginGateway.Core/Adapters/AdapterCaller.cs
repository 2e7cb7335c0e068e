using System.Runtime.CompilerServices;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.Core.Adapters;

/// <summary>
/// The one place that calls a plug-in. Every call holds a lease on one generation, runs on a thread of its own choosing, has a deadline
/// that is enforced even when the adapter ignores it, and ends as a value.
/// </summary>
internal sealed class AdapterCaller(
    PluginCatalog plugins, AdapterContexts contexts, Faults faults, CallStatistics statistics, TimeProvider time, ILogger<AdapterCaller> log)
{
    /// <summary>How long an adapter may take to notice that its time is up.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public AdapterDescriptor? Describe(BackEnd backEnd) => plugins.Describe(backEnd.Adapter);

    /// <summary>Whether the back end's adapter cannot be called at all: no plug-in, or settings that are wrong. Cheap once the adapter is made.</summary>
    public bool IsUnavailable(BackEnd backEnd)
    {
        using var lease = plugins.Lease(backEnd.Adapter);
        return !lease.IsHeld || Make(lease.Generation, backEnd).Adapter is null;
    }

    /// <summary>Whether nothing can be sent to the back end: its adapter is away, or hangs in as many calls as it may.</summary>
    public bool CannotSend(BackEnd backEnd)
    {
        using var lease = plugins.Lease(backEnd.Adapter);
        return !lease.IsHeld || Gate<IRequestSender>(lease.Generation, backEnd).IsClosed || Make(lease.Generation, backEnd).Adapter is null;
    }

    /// <summary>Whether the adapter has a capability; false too when it cannot be called.</summary>
    public bool Has<TCapability>(BackEnd backEnd)
        where TCapability : class, ICouncilAdapter
    {
        using var lease = plugins.Lease(backEnd.Adapter);
        return lease.IsHeld && Make(lease.Generation, backEnd).Adapter is TCapability;
    }

    /// <summary>How much may be sent to the back end, and how long a call may take.</summary>
    public BackEndLimits LimitsOf(BackEnd backEnd) => BackEndLimits.Of(backEnd, Describe(backEnd)?.Hints);

    /// <summary>Whether the back end recognises repeated calls of a kind: as its council file says, else as its adapter does.</summary>
    public bool RecognisesRepeats(BackEnd backEnd, IdempotencySupport kind) =>
        (backEnd.Repeat ?? Describe(backEnd)?.Idempotency) is { } known && known.HasFlag(kind);

    /// <summary>Calls one capability of a back end's adapter.</summary>
    /// <param name="backEnd">Whose adapter.</param>
    /// <param name="within">How long the call may take.</param>
    /// <param name="call">The call; its result must be a materialised record.</param>
    /// <param name="late">Told the outcome of a call that was given up and ended afterwards.</param>
    /// <param name="ct">Ends the call early.</param>
    public async Task<AdapterOutcome<T>> CallAsync<TCapability, T>(
        BackEnd backEnd,
        TimeSpan within,
        Func<TCapability, CancellationToken, Task<T>> call,
        Func<AdapterOutcome<T>, Task>? late,
        CancellationToken ct)
        where TCapability : class, ICouncilAdapter
    {
        var began = time.GetTimestamp();
        var outcome = await CallNowAsync(backEnd, within, call, late, ct);
        statistics.Add(backEnd.Adapter, outcome, time.GetElapsedTime(began));
        return outcome;
    }

    private async Task<AdapterOutcome<T>> CallNowAsync<TCapability, T>(
        BackEnd backEnd,
        TimeSpan within,
        Func<TCapability, CancellationToken, Task<T>> call,
        Func<AdapterOutcome<T>, Task>? late,
        CancellationToken ct)
        where TCapability : class, ICouncilAdapter
    {
        var lease = plugins.Lease(backEnd.Adapter);
        if (!lease.IsHeld)
            return new AdapterOutcome<T>.Unavailable(UnavailableReason.NoPlugin, plugins.ReasonMissing(backEnd.Adapter));

        var gate = Gate<TCapability>(lease.Generation, backEnd);
        if (gate.IsClosed)
        {
            lease.Dispose();
            return Stuck<T>(backEnd, $"{gate.Places} calls were given up and have not ended");
        }

        var begun = new StrongBox<bool>();
        var running = RunAsync(lease, gate, backEnd, within, call, begun, ct);
        try
        {
            return await running.WaitAsync(within + Grace, time, CancellationToken.None);
        }
        catch (TimeoutException) when (!begun.Value)
        {
            return NoThread<T>(backEnd);
        }
        catch (TimeoutException)
        {
            log.AdapterIgnoresDeadline(backEnd.Key, backEnd.Adapter, within);
            plugins.NoteCall(lease.Generation, fault: true);
            _ = gate.CountAsync(running);
            if (late is not null)
                _ = ReportLateAsync(running, late, backEnd.Key);
            return TimedOut<T>(lease.Generation.Number);
        }
    }

    private async Task<AdapterOutcome<T>> RunAsync<TCapability, T>(
        GenerationLease lease,
        CallGate gate,
        BackEnd backEnd,
        TimeSpan within,
        Func<TCapability, CancellationToken, Task<T>> call,
        StrongBox<bool> begun,
        CancellationToken ct)
        where TCapability : class, ICouncilAdapter
    {
        var hasPlace = false;
        using (lease)
        using (var deadline = new CancellationTokenSource(within, time))
        using (var token = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct))
        {
            try
            {
                await gate.EnterAsync(token.Token);
                hasPlace = true;
                // On a thread of the pool: an adapter that blocks must not block the lane.
                return await Task.Run(
                    () =>
                    {
                        token.Token.ThrowIfCancellationRequested();
                        begun.Value = true;
                        return CallAsync(lease.Generation!, backEnd, call, token.Token);
                    },
                    CancellationToken.None);
            }
            catch (OperationCanceledException) when (!begun.Value && !ct.IsCancellationRequested)
            {
                return hasPlace ? NoThread<T>(backEnd) : Stuck<T>(backEnd, $"{gate.Places} calls are running and did not end in its time");
            }
            catch (OperationCanceledException) when (!begun.Value || deadline.IsCancellationRequested)
            {
                return TimedOut<T>(lease.Generation!.Number);
            }
#pragma warning disable CA1031 // The plug-in boundary: whatever an adapter throws becomes a value here.
            catch (Exception e)
            {
                plugins.NoteCall(lease.Generation!, IsOwnFault(e));
                return new AdapterOutcome<T>.Failed(ToFailure(e), lease.Generation!.Number);
            }
#pragma warning restore CA1031
            finally
            {
                if (hasPlace)
                    gate.Exit();
            }
        }
    }

    private async Task<AdapterOutcome<T>> CallAsync<TCapability, T>(
        PluginGeneration generation, BackEnd backEnd, Func<TCapability, CancellationToken, Task<T>> call, CancellationToken ct)
        where TCapability : class, ICouncilAdapter
    {
        var (adapter, message) = Make(generation, backEnd);
        if (adapter is null)
            return new AdapterOutcome<T>.Unavailable(UnavailableReason.WrongSettings, message!);
        if (adapter is not TCapability capability)
            return new AdapterOutcome<T>.Unavailable(UnavailableReason.NotSupported, $"{backEnd.Adapter} has no {typeof(TCapability).Name}");

        faults.Pass();
        // Under the lease: lists that the plug-in made are read here, and nothing of its types leaves.
        var value = AdapterResults.Copy(await call(capability, ct));
        faults.Pass();
        plugins.NoteCall(generation, fault: value is null);
        return value is null
            ? new AdapterOutcome<T>.Failed(new AdapterFailure { Message = "The adapter gave no answer.", Detail = "null" }, generation.Number)
            : new AdapterOutcome<T>.Answered(value, generation.Number);
    }

    /// <summary>Twice what may be sent at a time: a call that was given up keeps its place until it has ended.</summary>
    private static CallGate Gate<TCapability>(PluginGeneration generation, BackEnd backEnd) =>
        generation.Gate(backEnd.Key, typeof(TCapability), 2 * BackEndLimits.Of(backEnd, generation.Descriptor.Hints).ConcurrentCalls);

    private static AdapterOutcome<T>.Unavailable NoThread<T>(BackEnd backEnd) => Stuck<T>(backEnd, "the gateway had no thread for it in its time");

    private static AdapterOutcome<T>.Unavailable Stuck<T>(BackEnd backEnd, string why) =>
        new(UnavailableReason.Stuck, $"the adapter {backEnd.Adapter} is not called for {backEnd.Key}: {why}");

    /// <summary>The adapter of a back end, or why its settings make none.</summary>
    private (ICouncilAdapter? Adapter, string? Message) Make(PluginGeneration generation, BackEnd backEnd)
    {
        try
        {
            return (generation.Adapter(
                backEnd.Key, backEnd.FileHash, (contexts, backEnd), static (from, unloading) => from.contexts.For(from.backEnd, unloading)), null);
        }
#pragma warning disable CA1031 // The plug-in boundary: an adapter's constructor is the plug-in's code too.
        catch (Exception e)
        {
            return (null,
                ToFailure(e) is { Kind: FailureKind.Misconfigured } f
                    ? $"{f.Message} {f.Detail}"
                    : $"the adapter cannot be created: {e.GetType().Name}: {e.Message}");
        }
#pragma warning restore CA1031
    }

    private async Task ReportLateAsync<T>(Task<AdapterOutcome<T>> running, Func<AdapterOutcome<T>, Task> late, string backEnd)
    {
        try
        {
            await late(await running);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or IOException)
        {
            log.LateOutcomeLost(backEnd, e);
        }
    }

    private static AdapterOutcome<T> TimedOut<T>(int generation) =>
        new AdapterOutcome<T>.Failed(new AdapterFailure { Message = "The council's system did not answer in time.", Detail = "time-out" }, generation);

    /// <summary>
    /// Whether it is the plug-in's code that is wrong, and not what it talks to: the council's system, or this gateway's own database behind
    /// its notes. What cannot be read may be the council's answer, so that it speaks against nobody.
    /// </summary>
    private static bool IsOwnFault(Exception e) => e is not (
        AdapterException or OperationCanceledException or HttpRequestException or IOException or TimeoutException or System.Net.Sockets.SocketException
        or System.Data.Common.DbException or System.Security.Cryptography.CryptographicException
        or System.Text.Json.JsonException or System.Xml.XmlException or FormatException);

    private static AdapterFailure ToFailure(Exception e) => e is AdapterException known
        ? new AdapterFailure { Kind = known.Kind, Message = known.Message, Detail = known.Detail ?? "", After = known.RetryAfter, SlowDown = known.SlowDown }
        : new AdapterFailure { Message = "The council's system cannot be reached at the moment.", Detail = Describe(e) };

    private static string Describe(Exception e) =>
        $"{e.GetType().Name}: {e.Message}" + (e.InnerException is { } inner ? $" ({inner.GetType().Name}: {inner.Message})" : "");
}

using System.Runtime.CompilerServices;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.Core.Adapters;

/// <summary>
/// Calls adapters; no other class does. Every call holds a lease on one generation, runs on a thread-pool thread, has a deadline that is
/// enforced even if the adapter ignores it, and returns its outcome as a value instead of throwing.
/// </summary>
internal sealed class AdapterCaller(
    PluginCatalog plugins, AdapterContexts contexts, Faults faults, CallStatistics statistics, TimeProvider time, ILogger<AdapterCaller> log)
{
    /// <summary>How long a call may continue after its deadline before it is abandoned.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public AdapterDescriptor? Describe(BackEnd backEnd) => plugins.Describe(backEnd.Adapter);

    /// <summary>Whether the back end's adapter cannot be called: it has no plug-in or invalid settings. Cheap once the adapter has been created.</summary>
    public bool IsUnavailable(BackEnd backEnd)
    {
        using var lease = plugins.Lease(backEnd.Adapter);
        return !lease.IsHeld || GetAdapter(lease.Generation, backEnd).Adapter is null;
    }

    /// <summary>Whether nothing can be sent to the back end, because its adapter is unavailable or all its permitted calls hang.</summary>
    public bool CannotSend(BackEnd backEnd)
    {
        using var lease = plugins.Lease(backEnd.Adapter);
        return !lease.IsHeld || Gate<IRequestSender>(lease.Generation, backEnd).IsExhausted || GetAdapter(lease.Generation, backEnd).Adapter is null;
    }

    /// <summary>Whether the adapter has a capability; false if the adapter cannot be called.</summary>
    public bool Has<TCapability>(BackEnd backEnd)
        where TCapability : class, ICouncilAdapter
    {
        using var lease = plugins.Lease(backEnd.Adapter);
        return lease.IsHeld && GetAdapter(lease.Generation, backEnd).Adapter is TCapability;
    }

    /// <summary>Returns the limits of a back end.</summary>
    public BackEndLimits LimitsOf(BackEnd backEnd) => BackEndLimits.Of(backEnd, Describe(backEnd)?.Hints);

    /// <summary>Whether the back end recognises repeated calls of a kind, according to its council file or else its adapter.</summary>
    public bool RecognisesRepeats(BackEnd backEnd, IdempotencySupport kind) =>
        (backEnd.Repeat ?? Describe(backEnd)?.Idempotency) is { } known && known.HasFlag(kind);

    /// <summary>Calls one capability of a back end's adapter.</summary>
    /// <param name="backEnd">The back end.</param>
    /// <param name="within">How long the call may take.</param>
    /// <param name="call">The call; its result must be a materialised record.</param>
    /// <param name="late">Receives the outcome of a call that ended after its deadline had passed.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task<AdapterOutcome<T>> CallAsync<TCapability, T>(
        BackEnd backEnd,
        TimeSpan within,
        Func<TCapability, CancellationToken, Task<T>> call,
        Func<AdapterOutcome<T>, Task>? late,
        CancellationToken ct)
        where TCapability : class, ICouncilAdapter
    {
        var startedAt = time.GetTimestamp();
        var outcome = await CallNowAsync(backEnd, within, call, late, ct);
        statistics.Add(backEnd.Adapter, outcome, time.GetElapsedTime(startedAt));
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
            return new AdapterOutcome<T>.Unavailable(UnavailableReason.NoPlugin, Sentence(plugins.ReasonMissing(backEnd.Adapter)));

        var gate = Gate<TCapability>(lease.Generation, backEnd);
        if (gate.IsExhausted)
        {
            lease.Dispose();
            return Stuck<T>(backEnd, $"{gate.Places} calls exceeded their deadline and have not returned");
        }

        var started = new StrongBox<bool>();
        var running = RunAsync(lease, gate, backEnd, within, call, started, ct);
        try
        {
            return await running.WaitAsync(within + Grace, time, CancellationToken.None);
        }
        catch (TimeoutException) when (!started.Value)
        {
            return NoThread<T>(backEnd);
        }
        catch (TimeoutException)
        {
            log.AdapterIgnoresDeadline(backEnd.Key, backEnd.Adapter, within);
            plugins.NoteCall(lease.Generation, fault: true);
            _ = gate.CountAbandonedAsync(running);
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
        StrongBox<bool> started,
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
                // On a thread-pool thread, so that an adapter that blocks does not block the lane.
                return await Task.Run(
                    () =>
                    {
                        token.Token.ThrowIfCancellationRequested();
                        started.Value = true;
                        return CallAsync(lease.Generation!, backEnd, call, token.Token);
                    },
                    CancellationToken.None);
            }
            catch (OperationCanceledException) when (!started.Value && !ct.IsCancellationRequested)
            {
                return hasPlace ? NoThread<T>(backEnd) : Stuck<T>(backEnd, $"{gate.Places} calls are running, and none of them ended before the deadline");
            }
            catch (OperationCanceledException) when (!started.Value || deadline.IsCancellationRequested)
            {
                return TimedOut<T>(lease.Generation!.Number);
            }
#pragma warning disable CA1031 // The plug-in boundary: every exception becomes a value.
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
        var (adapter, message) = GetAdapter(generation, backEnd);
        if (adapter is null)
            return new AdapterOutcome<T>.Unavailable(UnavailableReason.WrongSettings, Sentence(message!));
        if (adapter is not TCapability capability)
            return new AdapterOutcome<T>.Unavailable(
                UnavailableReason.NotSupported, $"The adapter {backEnd.Adapter} does not implement {typeof(TCapability).Name}.");

        faults.Pass();
        // Copied under the lease: the plug-in's lists are read here, and no object of a plug-in type leaves this method.
        var value = AdapterResults.Copy(await call(capability, ct));
        faults.Pass();
        plugins.NoteCall(generation, fault: value is null);
        return value is null
            ? new AdapterOutcome<T>.Failed(new AdapterFailure { Message = "The adapter returned no result.", Detail = "null" }, generation.Number)
            : new AdapterOutcome<T>.Answered(value, generation.Number);
    }

    /// <summary>Returns the gate of a capability, with twice the concurrency limit, because abandoned calls occupy places until they end.</summary>
    private static CallGate Gate<TCapability>(PluginGeneration generation, BackEnd backEnd) =>
        generation.Gate(backEnd.Key, typeof(TCapability), 2 * BackEndLimits.Of(backEnd, generation.Descriptor.Hints).ConcurrentCalls);

    private static AdapterOutcome<T>.Unavailable NoThread<T>(BackEnd backEnd) => Stuck<T>(backEnd, "no thread became available before the deadline");

    private static AdapterOutcome<T>.Unavailable Stuck<T>(BackEnd backEnd, string why) =>
        new(UnavailableReason.Stuck, $"The adapter {backEnd.Adapter} is not called for {backEnd.Key}: {why}.");

    /// <summary>Returns a reason as a sentence, because reasons are stored as causes.</summary>
    private static string Sentence(string reason) =>
        reason.Trim().TrimEnd('.') is { Length: > 0 } text ? $"{char.ToUpperInvariant(text[0])}{text[1..]}." : reason;

    /// <summary>Returns the adapter of a back end, or the reason why it cannot be created.</summary>
    private (ICouncilAdapter? Adapter, string? Message) GetAdapter(PluginGeneration generation, BackEnd backEnd)
    {
        try
        {
            return (generation.Adapter(
                backEnd.Key, backEnd.SettingsVersion, (contexts, backEnd), static (from, unloading) => from.contexts.For(from.backEnd, unloading)), null);
        }
#pragma warning disable CA1031 // The plug-in boundary: an adapter's constructor is code of the plug-in.
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
    /// Whether an exception shows an error in the plug-in's code, rather than in the council's system or in the database that stores the attempt's notes.
    /// Parsing errors do not count, because the response of the council's system may be invalid.
    /// </summary>
    private static bool IsOwnFault(Exception e) => e is not (
        AdapterException or OperationCanceledException or HttpRequestException or IOException or TimeoutException or System.Net.Sockets.SocketException
        or System.Data.Common.DbException or System.Security.Cryptography.CryptographicException
        or System.Text.Json.JsonException or System.Xml.XmlException or FormatException);

    private static AdapterFailure ToFailure(Exception e) => e is AdapterException known
        ? new AdapterFailure
        {
            Kind = known.Kind,
            Message = known.Message,
            Detail = known.Detail ?? "",
            After = known.RetryAfter,
            SlowDown = known.SlowDown,
            StopSending = known.StopSending,
        }
        : new AdapterFailure { Message = "The call to the council's system failed.", Detail = Describe(e) };

    private static string Describe(Exception e) =>
        $"{e.GetType().Name}: {e.Message}" + (e.InnerException is { } inner ? $" ({inner.GetType().Name}: {inner.Message})" : "");
}

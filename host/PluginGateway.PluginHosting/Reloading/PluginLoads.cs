using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.PluginHosting.Reloading;

/// <summary>
/// Loads versions within time limits. A version is marked before its code runs. If a process ends with the mark, the next one loads the version in a
/// process of its own first, so that a version that ends its process is found without ending another gateway, and no other version is blamed.
/// </summary>
internal sealed class PluginLoads(IPluginLoader loader, IPluginTrial trial, PluginVersions versions, PluginOptions options, TimeProvider time)
{
    /// <summary>The number of consecutive time-outs that counts as a failure; fewer can be caused by a busy machine.</summary>
    private const int TimeoutsThatCount = 3;

    /// <summary>How long the other versions wait for one that is known to take long.</summary>
    private static readonly TimeSpan ShortPatience = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, RunningLoad> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _timeouts = new(StringComparer.Ordinal);
    private readonly HashSet<VersionKey> _marked = [];
    private readonly HashSet<VersionKey> _suspects = [];
    private DateTimeOffset _markedAt;

    /// <summary>Marks versions that are about to be loaded. Those that may have ended a process get a trial when they are loaded.</summary>
    public async Task MarkAsync(IReadOnlyCollection<VersionKey> keys, CancellationToken ct)
    {
        var unmarked = keys.Where(k => !_marked.Contains(k)).Distinct().ToList();
        _suspects.UnionWith(await versions.BeginLoadingAsync(unmarked, ct));
        _marked.UnionWith(unmarked);
        if (unmarked.Count > 0)
            _markedAt = time.GetUtcNow();
    }

    /// <summary>Removes the marks.</summary>
    /// <param name="age">The minimum time since the last mark: the host creates the first adapters of a version shortly after it is published.</param>
    /// <param name="ct">Cancels the change.</param>
    public async Task UnmarkAsync(TimeSpan age, CancellationToken ct)
    {
        if (_marked.Count == 0 || _running.Count > 0 || time.GetUtcNow() - _markedAt < age)
            return;

        await versions.EndLoadingAsync(ct);
        _marked.Clear();
    }

    /// <summary>Loads a version.</summary>
    /// <returns>The plug-in, or the reason why it was not loaded. If the kind is <see cref="RefusalKind.Delayed"/>, call it again later.</returns>
    public async Task<StageOutcome<LoadedPlugin>> LoadAsync(PluginManifest manifest, string sha256, string folder, CancellationToken ct)
    {
        var key = new VersionKey(manifest.AdapterName, sha256);
        await MarkAsync([key], ct);
        if (_suspects.Contains(key) && await TryAsync(key, folder, ct) is { } refusal)
            return StageOutcome<LoadedPlugin>.Refused(refusal.Reason, refusal.Kind);

        var isKnown = _running.TryGetValue(sha256, out var running);
        if (!isKnown)
            running = _running[sha256] = new RunningLoad(
                new BoundedWork<StageOutcome<LoadedPlugin>>(
                    () => loader.Load(manifest, folder), new WorkLimits(options.LoadWithin, options.LoadWithin, options.LoadProcessorTime)),
                time.GetTimestamp());
        await WaitAsync(running!.Work, isKnown ? ShortPatience : Shorter(options.LoadPatience, options.LoadWithin));
        if (running.Work.IsDone)
        {
            _running.Remove(sha256);
            return running.Work.Value;
        }

        if (running.Work.IsOverProcessorTime)
        {
            Abandon(sha256, running);
            return StageOutcome<LoadedPlugin>.Refused(
                $"it used more than {options.LoadProcessorTime.TotalSeconds:0.#} s of processor time while it was loaded; "
                    + "make its constructor return immediately",
                RefusalKind.Quarantine);
        }

        if (time.GetElapsedTime(running.Started) < options.LoadWithin)
            return StageOutcome<LoadedPlugin>.Refused("it is still being loaded", RefusalKind.Delayed);

        Abandon(sha256, running);
        var timeout = Timeout(sha256, $"it did not load within {options.LoadWithin.TotalSeconds:0.#} s", "make its constructor return immediately");
        return StageOutcome<LoadedPlugin>.Refused(timeout.Reason, timeout.Kind);
    }

    /// <summary>Returns the refusal for a step of a version that did not finish in time. It counts only the third time in a row.</summary>
    public Refusal Timeout(string sha256, string what, string advice)
    {
        var count = _timeouts[sha256] = _timeouts.GetValueOrDefault(sha256) + 1;
        if (count < TimeoutsThatCount)
            return new Refusal($"{what}; retrying, because the machine may be busy", RefusalKind.Delayed);

        _timeouts.Remove(sha256);
        return new Refusal($"{what}, {TimeoutsThatCount} times in a row; {advice}", RefusalKind.Quarantine);
    }

    /// <summary>Notes that all steps of a version that can time out have succeeded.</summary>
    public void NoteInTime(string sha256) => _timeouts.Remove(sha256);

    private async Task<Refusal?> TryAsync(VersionKey key, string folder, CancellationToken ct)
    {
        var (outcome, detail) = await trial.RunAsync(key.AdapterName, folder, ct);
        if (outcome == TrialOutcome.Unclear)
            return new Refusal(
                $"an earlier process of the gateway ended while this version was being loaded, "
                    + $"and the version could not be tested in a separate process: {detail}", RefusalKind.Delayed);

        // The marks of a version that died are kept, so that it is retried if an operator lifts the quarantine.
        if (outcome == TrialOutcome.Died)
            return new Refusal($"it ends the process that loads it ({detail}); fix it and install a new version", RefusalKind.Quarantine);

        // Marked again, because this also removes the mark of this process.
        await versions.ClearLoadingAsync(key, ct);
        _marked.Remove(key);
        await MarkAsync([key], ct);
        _suspects.Remove(key);
        return null;
    }

    /// <summary>Waits until the work has ended, is over its processor time, or the time is up by the gateway's clock.</summary>
    private async Task WaitAsync(BoundedWork<StageOutcome<LoadedPlugin>> work, TimeSpan within)
    {
        using var done = new CancellationTokenSource();
        var until = Task.Delay(within, time, done.Token);
        while (!work.IsDone && !work.IsOverProcessorTime && !until.IsCompleted)
            await Task.WhenAny(work.Completed, until, Task.Delay(PollInterval, done.Token));
        await done.CancelAsync();
    }

    /// <summary>If loading completes later, the result is unloaded.</summary>
    private void Abandon(string sha256, RunningLoad running)
    {
        _running.Remove(sha256);
        _ = running.Work.Completed.ContinueWith(
            static (_, work) =>
            {
                if (work is BoundedWork<StageOutcome<LoadedPlugin>> { HasValue: true } late)
                    late.Value.Value?.Context?.Unload();
            },
            running.Work, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private sealed record RunningLoad(BoundedWork<StageOutcome<LoadedPlugin>> Work, long Started);
}

using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Reloading;

/// <summary>
/// Keeps what serves in step with what lies in the plug-ins folder. Everything happens in looks, one after the other: what changed is
/// waited for until it is still, and then taken through the pipeline; what went is taken away; probations end; quarantines are followed.
/// The long-lived things here are paths and hashes, never a generation: that would keep it in memory.
/// </summary>
internal sealed class PluginReloader(
    PluginPipeline pipeline, PluginCatalog catalog, PluginVersions versions, Retirement retirement, PluginStager stager, IPluginVersionStore memory,
    PluginOptions options, TimeProvider time)
{
    private static readonly TimeSpan LongChange = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, WatchedCandidate> _watched = new(StringComparer.Ordinal);
    private readonly Lock _rollbacks = new();
    private readonly List<(PluginStatus Status, string Reason)> _rolledBack = [];
    private bool _mustSweep;
    private bool _swept;

    /// <summary>When to look next.</summary>
    public TimeSpan Next => _watched.Values.Any(w => !w.IsDone || w.GoneSince is not null) ? options.Settle : options.Every;

    /// <summary>Loads everything at start. One that cannot be loaded is noted with its reason, and its last good version serves if there is one.</summary>
    /// <param name="memoryReady">Ends when what is remembered can be read; files are looked at meanwhile.</param>
    /// <param name="ct">The gateway stops.</param>
    public async Task StartAsync(Task memoryReady, CancellationToken ct)
    {
        catalog.RolledBack = NoteRollback;
        var now = time.GetUtcNow();
        foreach (var candidate in PluginFolderScan.Run(options.FullPath) ?? [])
            (_watched[candidate.Path] = new WatchedCandidate(candidate)).Observe(CandidateStamp.Of(candidate) ?? "", now);
        var preparing = _watched.Values.Where(w => !w.IsEmpty).Select(w => (Watched: w, Prepared: Task.Run(() => pipeline.Prepare(w.Candidate), ct))).ToList();

        await memoryReady;
        await versions.ReadAsync(ct);
        await versions.JudgeDeadProbationsAsync(ct);
        foreach (var (watched, prepared) in preparing)
            await TryAsync(watched, async () => await TakeAsync(watched, await prepared, now, starting: true, ct), now, ct);
        foreach (var empty in _watched.Values.Where(w => w.IsEmpty))
        {
            WaitForFiles(empty, now);
            await TryAsync(empty, () => RestoreAsync(versions.AdaptersAt(empty.Candidate.Path).ToList(), empty.Candidate.Path, null), now, ct);
        }
    }

    /// <summary>Looks once. Never two at a time.</summary>
    public async Task ScanAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await versions.ReadAsync(ct);
        await versions.JudgeDeadProbationsAsync(ct);
        await RecordRollbacksAsync(ct);
        if (See(now))
            await RemoveGoneAsync(now, ct);
        await FollowQuarantinesAsync(ct);
        foreach (var watched in _watched.Values.Where(w => w.GoneSince is null && IsDue(w, now)).ToList())
            await TryAsync(watched, () => TakeAsync(watched, pipeline.Prepare(watched.Candidate), now, starting: false, ct), now, ct);

        await EndProbationsAsync(now, ct);
        await SweepAsync(ct);
        WarmUp();
        retirement.Check();
    }

    /// <summary>The gateway stops as it should.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        await versions.ReadAsync(ct);
        await RecordRollbacksAsync(ct);
        await versions.ReleaseProbationsAsync(ct);
    }

    private bool IsThere(string path) => _watched.TryGetValue(path, out var watched) && watched is { GoneSince: null, IsEmpty: false };

    private bool IsDue(WatchedCandidate watched, DateTimeOffset now) => !watched.IsEmpty && (watched.IsDone
        ? now - watched.DoneAt >= options.Reread
        : now - watched.StableSince >= options.Settle && now >= watched.NotBefore);

    /// <returns>Whether the folder could be looked at.</returns>
    private bool See(DateTimeOffset now)
    {
        if (PluginFolderScan.Run(options.FullPath) is not { } candidates)
        {
            if (_watched.Count > 0)
                catalog.Statuses.Set(
                    new PluginStatus
                    {
                        Path = options.FullPath,
                        State = PluginState.Refused,
                        Reason = "the folder cannot be read; what serves goes on",
                        Since = now,
                    });
            return false;
        }

        catalog.Statuses.Remove(options.FullPath);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
        {
            if (CandidateStamp.Of(candidate) is not { } stamp)
                continue;

            seen.Add(candidate.Path);
            if (!_watched.TryGetValue(candidate.Path, out var watched))
                watched = _watched[candidate.Path] = new WatchedCandidate(candidate);
            watched.Observe(stamp, now);
            if (watched.IsEmpty)
                WaitForFiles(watched, now);
            else if (!watched.IsDone && now - watched.ChangingSince >= LongChange)
                catalog.Statuses.Set(Settling(watched, "its files have been changing for a long time; it is taken when they are still"));
        }

        foreach (var watched in _watched.Values.Where(w => !seen.Contains(w.Candidate.Path)))
            watched.GoneSince ??= now;
        return true;
    }

    /// <summary>Somebody is about to fill a folder, or has emptied one: it is nothing yet, and what serves goes on.</summary>
    private void WaitForFiles(WatchedCandidate watched, DateTimeOffset now)
    {
        if (watched.IsDone)
            return;

        watched.Done(now);
        catalog.Statuses.Set(Settling(watched, "it is empty; it is taken when it has files") with { Since = now });
    }

    private async Task RemoveGoneAsync(DateTimeOffset now, CancellationToken ct)
    {
        // What was refused because of something that is gone may be right now, and takes its place before that is taken away.
        if (_watched.Values.Any(w => now - w.GoneSince >= options.Settle))
            foreach (var refused in _watched.Values.Where(
                w => w.IsDone && catalog.Statuses.Find(w.Candidate.Path)?.State is PluginState.Refused or PluginState.Quarantined))
                refused.Reset();

        var gone = _watched.Values.Where(w => now - w.GoneSince >= options.RemoveAfter).Select(w => w.Candidate.Path).ToList();
        foreach (var path in gone)
        {
            await versions.ForgetPathAsync(path, null, ct);
            _watched.Remove(path);
            catalog.Statuses.Remove(path);
            foreach (var adapter in catalog.Current.Where(g => g.Path == path).Select(g => g.AdapterName).ToList())
                catalog.Remove(adapter);
        }

    }

    /// <summary>One plug-in's trouble, or the database's, must not keep the others from being looked at.</summary>
    private async Task TryAsync(WatchedCandidate watched, Func<Task> step, DateTimeOffset now, CancellationToken ct)
    {
        try
        {
            await step();
        }
#pragma warning disable CA1031 // The loop over plug-ins: whatever goes wrong with one is told of that one.
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            catalog.Statuses.Set(
                new PluginStatus
                {
                    Path = watched.Candidate.Path,
                    State = PluginState.Refused,
                    Reason = $"it could not be taken: {e.GetType().Name}: {e.Message}",
                    Since = now,
                });
            watched.Done(now);
        }
#pragma warning restore CA1031
    }

    private async Task TakeAsync(WatchedCandidate watched, PreparedPlugin prepared, DateTimeOffset now, bool starting, CancellationToken ct)
    {
        var path = watched.Candidate.Path;
        // What came while the gateway was down is swapped in like everything else: checked, and with the last good version standing by.
        if (starting && prepared is { Refusal: null, Status: { AdapterName: { } adapterName, Sha256: { } sha } } && !versions.IsProven(adapterName, sha)
            && versions.Quarantined(adapterName, sha) is null && catalog.Find(adapterName) is null && await pipeline.RestoreAsync(adapterName, path, sha))
            return;

        var outcome = await pipeline.FinishAsync(prepared, IsThere, ct);
        if (outcome is not var (status, kind))
        {
            catalog.Statuses.Remove(path);
            watched.Done(now);
            // Another adapter lay here before.
            foreach (var other in catalog.Current.Where(g => g.Path == path && g.AdapterName != prepared.Status.AdapterName).Select(g => g.AdapterName)
                .ToList())
            {
                await versions.ForgetPathAsync(path, other, ct);
                catalog.Remove(other);
            }

            return;
        }

        if (!starting && kind == RefusalKind.Incomplete && now - watched.StableSince < options.Patience)
        {
            watched.NotBefore = watched.StableSince + options.Patience;
            catalog.Statuses.Set(Settling(watched, status.Reason!));
            return;
        }

        catalog.Statuses.Set(status);
        watched.Done(now);
        await RestoreAsync(status.AdapterName is { } name ? [name] : versions.AdaptersAt(path).ToList(), path, status.Sha256);
    }

    /// <summary>What nothing serves is served by its last good version.</summary>
    private async Task RestoreAsync(IReadOnlyList<string> adapters, string path, string? insteadOf)
    {
        foreach (var adapter in adapters)
            if (catalog.Find(adapter) is null)
                await pipeline.RestoreAsync(adapter, path, insteadOf);
    }

    private void NoteRollback(PluginStatus status, string reason)
    {
        lock (_rollbacks)
            _rolledBack.Add((status, reason));
    }

    /// <summary>What was swapped back between two looks must not come again with a restart, nor on another host.</summary>
    private async Task RecordRollbacksAsync(CancellationToken ct)
    {
        List<(PluginStatus, string)> rolledBack;
        lock (_rollbacks)
        {
            rolledBack = [.. _rolledBack];
        }

        foreach (var (status, reason) in rolledBack)
        {
            await pipeline.RememberAsync(status, VersionState.Quarantined, reason, ct);
            catalog.Statuses.Set(status with { Generation = 0, State = PluginState.Quarantined, Reason = reason, Since = time.GetUtcNow() });
            // Only now: a database that is away must not make it forgotten.
            lock (_rollbacks)
                _rolledBack.Remove((status, reason));
        }
    }

    /// <summary>An operator or another host may have quarantined what serves here, or let go what was.</summary>
    private async Task FollowQuarantinesAsync(CancellationToken ct)
    {
        foreach (var (generation, status) in catalog.Current.Select(g => (g.Number, Status: PluginStatus.Of(g))).ToList())
        {
            if (versions.Quarantined(status.AdapterName!, status.Sha256!) is not { } known)
                continue;

            if (!catalog.RollBack(generation, status.AdapterName!) && !await pipeline.RestoreAsync(status.AdapterName!, status.Path, status.Sha256))
                catalog.Remove(status.AdapterName!);
            catalog.Statuses.Set(status with { Generation = 0, State = PluginState.Quarantined, Reason = $"{known.Reason} (by {known.By})", Since = known.At });
        }

        foreach (var watched in _watched.Values)
            if (catalog.Statuses.Find(watched.Candidate.Path) is { State: PluginState.Quarantined, AdapterName: { } name, Sha256: { } sha }
                && versions.Quarantined(name, sha) is null)
                watched.Reset();
    }

    private async Task EndProbationsAsync(DateTimeOffset now, CancellationToken ct)
    {
        var ended = catalog.Current.Where(
            g => now - g.Since >= (g.IsInUse ? options.MaxProbation : options.Probation) && catalog.FindStandby(g.AdapterName) is not null)
                .Select(PluginStatus.Of).ToList();
        foreach (var status in ended)
        {
            await pipeline.RememberAsync(status, VersionState.Proven, "", ct);
            catalog.EndProbation(status.AdapterName!);
        }

        _mustSweep |= ended.Count > 0;
    }

    /// <summary>Compiles what went live without a check, beside its first calls and not before them: nothing else serves meanwhile.</summary>
    private void WarmUp()
    {
        foreach (var generation in catalog.Current.Where(g => !g.IsWarm))
            _ = Task.Run(generation.TryWarmUp);
    }

    private async Task SweepAsync(CancellationToken ct)
    {
        // Not with the first look: what other processes use is told by what they write after theirs.
        if (!_swept)
        {
            _swept = _mustSweep = true;
            return;
        }

        if (!_mustSweep)
            return;

        _mustSweep = false;
        var used = catalog.Loaded.Select(g => g.Sha256).Concat(await memory.ListUsedElsewhereAsync(ct))
            .Concat(versions.LatestProven(options.KeepVersions).Select(v => v.Sha256));
        stager.Sweep(used.ToHashSet(StringComparer.Ordinal), options.KeepVersions, time.GetUtcNow());
    }

    private static PluginStatus Settling(WatchedCandidate watched, string reason) =>
        new() { Path = watched.Candidate.Path, State = PluginState.Settling, Reason = reason, Since = watched.StableSince };
}

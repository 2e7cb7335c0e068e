using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Reloading;

/// <summary>
/// Keeps the loaded adapters in step with the plug-ins folder. It works in scans that run one after another: a changed plug-in goes through the
/// pipeline as soon as its files have stopped changing, removed plug-ins are unloaded, probations end, and quarantines are applied. Its fields
/// hold only paths and hashes, because a reference to a generation would keep it in memory.
/// </summary>
internal sealed class PluginReloader(
    PluginPipeline pipeline, PluginLoads loads, PluginCatalog catalog, PluginVersions versions, Retirement retirement, PluginStager stager,
    IPluginVersionStore store, PluginOptions options, TimeProvider time)
{
    private static readonly TimeSpan LongChange = TimeSpan.FromSeconds(30);

    /// <summary>How long after a version was published the host has certainly created its adapters, within the next check of the council files.</summary>
    private static readonly TimeSpan FirstUse = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, WatchedCandidate> _watched = new(StringComparer.Ordinal);
    private readonly Lock _rollbacks = new();
    private readonly List<(PluginStatus Status, string Reason)> _rolledBack = [];
    private IReadOnlyList<string> _others = [];
    private bool _mustSweep;
    private bool _swept;

    /// <summary>The time until the next scan.</summary>
    public TimeSpan Next => _watched.Values.Any(w => !w.IsDone || w.GoneSince is not null) ? options.Settle : options.Every;

    /// <summary>Loads all plug-ins at startup. If one cannot be loaded, the reason is recorded and its last proven version serves, if there is one.</summary>
    /// <param name="storeReady">Completes when the stored versions can be read; the files are prepared in the meantime.</param>
    /// <param name="ct">Cancelled when the gateway stops.</param>
    public async Task StartAsync(Task storeReady, CancellationToken ct)
    {
        catalog.RolledBack = NoteRollback;
        var now = time.GetUtcNow();
        foreach (var candidate in PluginFolderScan.Run(options.FullPath) ?? [])
            (_watched[candidate.Path] = new WatchedCandidate(candidate)).Observe(CandidateStamp.Of(candidate) ?? "", now);
        var preparing = Task.WhenAll(
            _watched.Values.Where(w => !w.IsEmpty).Select(async w => (Watched: w, Prepared: await pipeline.PrepareAsync(w.Candidate))));

        await storeReady;
        await versions.ReadAsync(ct);
        await versions.JudgeAbandonedProbationsAsync(ct);
        var all = await preparing;
        await loads.MarkAsync(
            [.. all.Where(p => p.Prepared.Refusal is null).Select(p => new VersionKey(p.Prepared.Status.AdapterName!, p.Prepared.Status.Sha256!))], ct);
        // Of two plug-ins with the same adapter name, the one that served last keeps serving.
        foreach (var (watched, prepared) in all.OrderBy(p => Rank(p.Prepared)))
            await TryAsync(watched, () => ProcessAsync(watched, prepared, now, starting: true, ct), now, ct);
        foreach (var empty in _watched.Values.Where(w => w.IsEmpty))
        {
            WaitForFiles(empty, now);
            await TryAsync(empty, () => RestoreAsync(versions.AdaptersAt(empty.Candidate.Path).ToList(), empty.Candidate.Path, null, ct), now, ct);
        }

        ReportOthers(now);
    }

    /// <summary>Notes that the host has created the adapters of the versions that were loaded at startup, so that a crash has another cause.</summary>
    public Task StartedAsync(CancellationToken ct) => loads.UnmarkAsync(TimeSpan.Zero, ct);

    /// <summary>Runs one scan. Callers must not run two scans at the same time.</summary>
    public async Task ScanAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await versions.ReadAsync(ct);
        await versions.JudgeAbandonedProbationsAsync(ct);
        await RecordRollbacksAsync(ct);
        await loads.UnmarkAsync(FirstUse, ct);
        if (ScanFolder(now))
            await RemoveGoneAsync(now, ct);
        await FollowQuarantinesAsync(ct);
        foreach (var watched in _watched.Values.Where(w => w.GoneSince is null && IsDue(w, now)).ToList())
            await TryAsync(watched, async () => await ProcessAsync(watched, await pipeline.PrepareAsync(watched.Candidate), now, starting: false, ct), now, ct);

        await EndProbationsAsync(now, ct);
        await SweepAsync(ct);
        WarmUp();
        retirement.Check();
    }

    /// <summary>Saves pending rollbacks and ends the probations of this process at a regular shutdown.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        await versions.ReadAsync(ct);
        await RecordRollbacksAsync(ct);
        await loads.UnmarkAsync(TimeSpan.Zero, ct);
        await versions.ReleaseProbationsAsync(ct);
    }

    private bool IsPresent(string path) => _watched.TryGetValue(path, out var watched) && watched is { GoneSince: null, IsEmpty: false };

    private bool IsDue(WatchedCandidate watched, DateTimeOffset now) => !watched.IsEmpty && (watched.IsDone
        ? now - watched.DoneAt >= options.Reread
        : now - watched.StableSince >= options.Settle && now >= watched.NotBefore);

    /// <returns>Whether the folder could be read.</returns>
    private bool ScanFolder(DateTimeOffset now)
    {
        if (PluginFolderScan.Run(options.FullPath) is not { } candidates)
        {
            if (_watched.Count > 0)
                catalog.Statuses.Set(
                    new PluginStatus
                    {
                        Path = options.FullPath,
                        State = PluginState.Refused,
                        Reason = "the plug-ins folder cannot be read; check that it exists and is readable (loaded plug-ins keep serving)",
                        Since = now,
                    });
            return false;
        }

        catalog.Statuses.Remove(options.FullPath);
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
        {
            if (CandidateStamp.Of(candidate) is not { } stamp)
                continue;

            present.Add(candidate.Path);
            if (!_watched.TryGetValue(candidate.Path, out var watched))
                watched = _watched[candidate.Path] = new WatchedCandidate(candidate);
            watched.Observe(stamp, now);
            if (watched.IsEmpty)
                WaitForFiles(watched, now);
            else if (!watched.IsDone && now - watched.ChangingSince >= LongChange)
                catalog.Statuses.Set(Settling(watched, "its files have been changing for a long time; it is loaded when they stop changing"));
        }

        foreach (var watched in _watched.Values.Where(w => !present.Contains(w.Candidate.Path)))
            watched.GoneSince ??= now;
        ReportOthers(now);
        return true;
    }

    /// <summary>Treats an empty folder as a copy in progress; the current version keeps serving.</summary>
    private void WaitForFiles(WatchedCandidate watched, DateTimeOffset now)
    {
        if (watched.IsDone)
            return;

        watched.Done(now);
        catalog.Statuses.Set(Settling(watched, "it is empty; it is loaded when it contains files") with { Since = now });
    }

    private async Task RemoveGoneAsync(DateTimeOffset now, CancellationToken ct)
    {
        // A plug-in that was refused because of one that is now missing may be valid now. It is processed again before the missing one is removed.
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

    /// <summary>Runs a step for one plug-in, so that an error of this plug-in or of the database does not prevent the others from being processed.</summary>
    private async Task TryAsync(WatchedCandidate watched, Func<Task> step, DateTimeOffset now, CancellationToken ct)
    {
        try
        {
            await step();
        }
#pragma warning disable CA1031 // An error is reported in the status of its plug-in, so that the loop over plug-ins continues.
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            catalog.Statuses.Set(
                new PluginStatus
                {
                    Path = watched.Candidate.Path,
                    State = PluginState.Refused,
                    Reason = $"processing it failed: {e.GetType().Name}: {e.Message}",
                    Since = now,
                });
            watched.Done(now);
        }
#pragma warning restore CA1031
    }

    private async Task ProcessAsync(WatchedCandidate watched, PreparedPlugin prepared, DateTimeOffset now, bool starting, CancellationToken ct)
    {
        var path = watched.Candidate.Path;
        if (starting && await RestoreFirstAsync(watched, prepared, now, ct))
            return;

        var outcome = await pipeline.FinishAsync(prepared, IsPresent, ct);
        if (outcome is not var (status, kind))
        {
            catalog.Statuses.Remove(path);
            watched.Done(now);
            // The path contained another adapter before.
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
        if (kind == RefusalKind.Delayed)
            watched.NotBefore = now + options.RetryLoad;
        else
            watched.Done(now);
        await RestoreAsync(status.AdapterName is { } name ? [name] : versions.AdaptersAt(path).ToList(), path, status.Sha256, ct);
    }

    /// <summary>
    /// Loads the version that served last before a version that was installed while the gateway was not running, so that the new version is swapped in like
    /// any other, with the old one on standby. Returns whether the new version must wait for the next scan.
    /// </summary>
    private async Task<bool> RestoreFirstAsync(WatchedCandidate watched, PreparedPlugin prepared, DateTimeOffset now, CancellationToken ct)
    {
        if (prepared is not { Refusal: null, Status: { AdapterName: { } adapter, Sha256: { } sha } } || versions.IsProven(adapter, sha)
            || versions.Quarantined(adapter, sha) is not null || catalog.Find(adapter) is not null)
            return false;

        var isRestored = await pipeline.RestoreAsync(adapter, watched.Candidate.Path, sha, ct);
        if (isRestored is null)
        {
            catalog.Statuses.Set(Settling(watched, "the version that served last is still being loaded"));
            watched.NotBefore = now + options.RetryLoad;
        }

        return isRestored is not false;
    }

    /// <summary>Restores the last proven version of those adapters that no generation serves.</summary>
    private async Task RestoreAsync(IReadOnlyList<string> adapters, string path, string? insteadOf, CancellationToken ct)
    {
        foreach (var adapter in adapters)
            if (catalog.Find(adapter) is null)
                await pipeline.RestoreAsync(adapter, path, insteadOf, ct);
    }

    /// <summary>Returns the order of plug-ins at startup: first those that served last, then others at the path of one that served last.</summary>
    private int Rank(PreparedPlugin prepared) => prepared.Status is { AdapterName: { } adapter, Sha256: { } sha }
        && versions.ListProven(adapter).FirstOrDefault() is { } last
            ? (last.Sha256 == sha && last.Path == prepared.Candidate.Path ? 0 : last.Path == prepared.Candidate.Path ? 1 : 2)
            : 2;

    /// <summary>Reports entries of the folder that are not plug-ins but could be mistaken for one.</summary>
    private void ReportOthers(DateTimeOffset now)
    {
        var others = FolderNotes.Find(options.FullPath, _watched.Values.Select(w => w.Candidate))
            .ToDictionary(o => o.Path, o => o.Note, StringComparer.Ordinal);
        foreach (var (path, note) in others)
            catalog.Statuses.Set(new PluginStatus { Path = path, State = PluginState.Refused, Reason = note, Since = now });
        foreach (var gone in _others.Where(p => !others.ContainsKey(p)))
            catalog.Statuses.Remove(gone);
        _others = [.. others.Keys];
    }

    private void NoteRollback(PluginStatus status, string reason)
    {
        lock (_rollbacks)
            _rolledBack.Add((status, reason));
    }

    /// <summary>Stores rollbacks since the last scan as quarantines, so that the versions are not loaded again after a restart or on another host.</summary>
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
            // Removed only after it has been stored, so that it is not lost while the database is unavailable.
            lock (_rollbacks)
                _rolledBack.Remove((status, reason));
        }
    }

    /// <summary>Applies quarantines that operators or other hosts have set or lifted.</summary>
    private async Task FollowQuarantinesAsync(CancellationToken ct)
    {
        foreach (var (generation, status) in catalog.Current.Select(g => (g.Number, Status: PluginStatus.Of(g))).ToList())
        {
            if (versions.Quarantined(status.AdapterName!, status.Sha256!) is not { } known)
                continue;

            if (!catalog.RollBack(generation, status.AdapterName!) && await pipeline.RestoreAsync(status.AdapterName!, status.Path, status.Sha256, ct) == false)
                catalog.Remove(status.AdapterName!);
            catalog.Statuses.Set(
                status with
                {
                    Generation = 0,
                    State = PluginState.Quarantined,
                    Reason = $"{known.Reason} (quarantined by {known.By})",
                    Since = known.At,
                });
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

    /// <summary>Compiles generations that went live without a check. Their first calls do not wait for this, because nothing else could serve them.</summary>
    private void WarmUp()
    {
        foreach (var generation in catalog.Current.Where(g => !g.IsWarm))
            _ = Task.Run(generation.TryWarmUp);
    }

    private async Task SweepAsync(CancellationToken ct)
    {
        // Not in the first scan: other processes record which versions they use only after their own first scan.
        if (!_swept)
        {
            _swept = _mustSweep = true;
            return;
        }

        if (!_mustSweep)
            return;

        _mustSweep = false;
        var used = catalog.Loaded.Select(g => g.Sha256).Concat(await store.ListUsedElsewhereAsync(ct))
            .Concat(versions.LatestProven(options.KeepVersions).Select(v => v.Sha256));
        stager.Sweep(used.ToHashSet(StringComparer.Ordinal), options.KeepVersions, time.GetUtcNow());
    }

    private static PluginStatus Settling(WatchedCandidate watched, string reason) =>
        new() { Path = watched.Candidate.Path, State = PluginState.Settling, Reason = reason, Since = watched.StableSince };
}

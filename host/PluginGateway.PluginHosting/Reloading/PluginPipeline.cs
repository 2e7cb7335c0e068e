using System.Collections.Concurrent;
using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Reloading;

/// <summary>
/// Processes a candidate whose files have stopped changing: stage, inspect, admit, load, probe, publish. A failure before the swap leaves the
/// current version in service.
/// </summary>
internal sealed class PluginPipeline(
    PluginStager stager, PluginAdmission admission, PluginLoads loads, IPluginProbe probe, PluginCatalog catalog, PluginVersions versions,
    PluginOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Task> _hanging = new(StringComparer.Ordinal);

    /// <summary>Called for each finding of a plug-in that goes live.</summary>
    public Action<PluginManifest, PluginFinding>? Found { get; set; }

    /// <summary>
    /// Runs the first stages, which need only the files: stages and inspects a candidate. Files that cannot be read in time, for example on a network
    /// share, must not keep the other candidates waiting.
    /// </summary>
    public async Task<PreparedPlugin> PrepareAsync(PluginCandidate candidate)
    {
        // A thread that hangs in the files of a candidate is waited for once.
        if (_hanging.TryGetValue(candidate.Path, out var hanging) && !hanging.IsCompleted)
            return NotPrepared();

        var preparing = Task.Factory.StartNew(
            () => Prepare(candidate), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await preparing.WaitAsync(options.StageWithin, time);
        }
        catch (TimeoutException)
        {
            _hanging[candidate.Path] = preparing;
            return NotPrepared();
        }

        PreparedPlugin NotPrepared() =>
            new(
                candidate, new PluginStatus { Path = candidate.Path, State = PluginState.Refused, Since = time.GetUtcNow() },
                new Refusal(
                    $"its files could not be read within {options.StageWithin.TotalSeconds:0.#} s; check its disk or network share", RefusalKind.Incomplete));
    }

    private PreparedPlugin Prepare(PluginCandidate candidate)
    {
        var status = new PluginStatus { Path = candidate.Path, State = PluginState.Refused, Since = time.GetUtcNow() };
        try
        {
            if (!stager.Stage(candidate).TryGet(out var staged, out var refusal))
                return new PreparedPlugin(candidate, status, refusal);

            status = status with { Sha256 = staged.Sha256 };
            if (admission.FindTrustProblem(staged) is { } untrusted)
            {
                PluginStager.Discard(staged);
                return new PreparedPlugin(candidate, status, untrusted);
            }

            if (!PluginInspector.Inspect(staged.Folder).TryGet(out var manifest, out refusal))
            {
                PluginStager.Discard(staged);
                return new PreparedPlugin(candidate, status, refusal);
            }

            return new PreparedPlugin(candidate, status with { AdapterName = manifest.AdapterName, Version = manifest.Version }, null)
            {
                Staged = stager.Keep(staged, manifest.AdapterName),
                Manifest = manifest,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new PreparedPlugin(
                candidate, status, new Refusal($"its files cannot be copied; check permissions and disk space: {e.Message}", RefusalKind.Incomplete));
        }
    }

    /// <summary>Runs the remaining stages, from admission to the swap.</summary>
    /// <param name="prepared">The result of <see cref="Prepare"/>.</param>
    /// <param name="isPresent">Whether a path is still in the plug-ins folder.</param>
    /// <param name="ct">Cancelled when the gateway stops.</param>
    /// <returns>The status of a path that was refused, and the kind of refusal; null if its content serves.</returns>
    public async Task<(PluginStatus Status, RefusalKind Kind)?> FinishAsync(PreparedPlugin prepared, Func<string, bool> isPresent, CancellationToken ct)
    {
        var status = prepared.Status;
        if (prepared is not { Refusal: null, Staged: { } staged, Manifest: { } manifest })
            return Stopped(status, prepared.Refusal!);

        if (admission.FindRejectionReason(prepared.Candidate, staged, manifest, isPresent) is { } objection)
            return Stopped(status, objection);

        // The same content, possibly at another path, is already loaded.
        if (catalog.Find(manifest.AdapterName) is { } current && current.Sha256 == staged.Sha256)
        {
            catalog.SetPath(current, prepared.Candidate.Path);
            return null;
        }

        return await GoLiveAsync(manifest, staged, status, ct);
    }

    /// <summary>Loads and publishes the latest proven version of an adapter.</summary>
    /// <param name="adapterName">The adapter.</param>
    /// <param name="path">The path in the plug-ins folder that the version is assigned to.</param>
    /// <param name="insteadOf">The hash of the content that it replaces, which is skipped.</param>
    /// <param name="ct">Cancelled when the gateway stops.</param>
    /// <returns>Whether a version was published; null if one is still being loaded, so that this must be called again.</returns>
    public async Task<bool?> RestoreAsync(string adapterName, string path, string? insteadOf, CancellationToken ct)
    {
        foreach (var proven in versions.ListProven(adapterName).Where(v => v.Sha256 != insteadOf).ToList())
        {
            if (stager.FindUnchanged(proven.Sha256) is not { } folder || admission.FindTrustProblem(new StagedFiles(folder, proven.Sha256)) is not null
                || !PluginInspector.Inspect(folder).TryGet(out var manifest, out _)
                || admission.FindRejectionReason(new StagedFiles(folder, proven.Sha256), manifest) is not null)
                continue;

            var loaded = await loads.LoadAsync(manifest, proven.Sha256, folder, ct);
            if (loaded.Refusal is { Kind: RefusalKind.Delayed })
                return null;
            if (loaded.Refusal is { Kind: RefusalKind.Quarantine } refusal)
                await versions.SaveAsync(
                    proven with { State = VersionState.Quarantined, Reason = refusal.Reason, By = "gateway", At = time.GetUtcNow() }, ct);
            if (loaded.Value is null)
                continue;

            catalog.Publish(Generation(manifest, proven.Sha256, path, loaded.Value), probation: false);
            return true;
        }

        return false;
    }

    private async Task<(PluginStatus Status, RefusalKind Kind)?> GoLiveAsync(
        PluginManifest manifest, StagedFiles staged, PluginStatus status, CancellationToken ct)
    {
        if (!(await loads.LoadAsync(manifest, staged.Sha256, staged.Folder, ct)).TryGet(out var loaded, out var refusal))
            return await StoppedAsync(status, refusal, ct);

        var next = Generation(manifest, staged.Sha256, status.Path, loaded);
        var now = catalog.Find(manifest.AdapterName);
        if (now is not null && await ProbeAsync(next, now, ct) is { } objection)
        {
            catalog.Discard(next);
            return await StoppedAsync(
                status,
                objection.MayBeBusy
                    ? loads.Timeout(staged.Sha256, objection.Text, "make sure that none of its calls hangs")
                    : new Refusal(objection.Text, RefusalKind.Quarantine),
                ct);
        }

        loads.NoteInTime(staged.Sha256);
        try
        {
            // The current version was on probation and is proven now, because it served until its successor was installed.
            if (catalog.FindStandby(manifest.AdapterName) is not null)
                await RememberAsync(PluginStatus.Of(now!), VersionState.Proven, "", ct);
            if (now is null)
                await RememberAsync(status, VersionState.Proven, "", ct);
            else
                await versions.BeginProbationAsync(Known(status, VersionState.Unproven, ""), ct);
        }
        catch
        {
            catalog.Discard(next);
            throw;
        }

        catalog.Publish(next, probation: now is not null);
        foreach (var finding in manifest.Findings.Concat(manifest.LibraryFindings))
            Found?.Invoke(manifest, finding);
        return null;
    }

    public Task RememberAsync(PluginStatus status, VersionState state, string reason, CancellationToken ct) =>
        versions.SaveAsync(Known(status, state, reason), ct);

    private KnownVersion Known(PluginStatus status, VersionState state, string reason) => new()
    {
        AdapterName = status.AdapterName!,
        Sha256 = status.Sha256!,
        Version = status.Version!,
        Path = status.Path,
        State = state,
        Reason = reason,
        At = time.GetUtcNow(),
    };

    private async Task<ProbeProblem?> ProbeAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(options.ProbeWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        next.TryEnter();
        var probing = Task.Run(
            async () =>
            {
                try
                {
                    next.WarmUp();
                    return await probe.FindProblemAsync(next, now, either.Token);
                }
#pragma warning disable CA1031 // A plug-in can throw anything. The reason keeps only text, because an exception object would keep the plug-in in memory.
                catch (Exception e)
                {
                    return new ProbeProblem($"the check before going live failed: {e.GetType().Name}: {e.Message}");
                }
#pragma warning restore CA1031
                finally
                {
                    next.Exit();
                }
            },
            CancellationToken.None);
        try
        {
            return await probing.WaitAsync(options.ProbeWithin, time, ct);
        }
        catch (TimeoutException)
        {
            return new ProbeProblem($"the check before going live did not finish within {options.ProbeWithin.TotalSeconds:0.#} s", MayBeBusy: true);
        }
    }

    private PluginGeneration Generation(PluginManifest manifest, string sha256, string path, LoadedPlugin loaded) =>
        new(catalog.NextNumber(), manifest.AdapterName, loaded) { Version = manifest.Version, Sha256 = sha256, Path = path };

    private async Task<(PluginStatus, RefusalKind)> StoppedAsync(PluginStatus status, Refusal refusal, CancellationToken ct)
    {
        if (refusal.Kind == RefusalKind.Quarantine)
            await RememberAsync(status, VersionState.Quarantined, refusal.Reason, ct);
        return Stopped(status, refusal);
    }

    private static (PluginStatus, RefusalKind) Stopped(PluginStatus status, Refusal refusal) =>
    (
        status with
        {
            State = refusal.Kind switch
            {
                RefusalKind.Quarantine => PluginState.Quarantined,
                RefusalKind.Delayed => PluginState.Settling,
                _ => PluginState.Refused,
            },
            Reason = refusal.Reason,
        },
        refusal.Kind);
}

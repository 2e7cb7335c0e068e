using Microsoft.Extensions.Options;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>
/// Stores the suspensions. They are read from the database once per second, so that a pause by a command, or invalid settings that another host
/// detected, apply to every host. A claim reads them again, so that the deliveries that a suspension lets through are counted exactly.
/// </summary>
internal sealed class SuspensionStore(IDatabase database, IOptions<SendingOptions> options, TimeProvider time)
{
    private const string Columns = """
        id AS Id, council AS Council, backend AS BackEnd, service AS Service, kind AS Kind, reason AS Reason, by_whom AS ByWhom, since AS Since, until AS Until,
        settings AS Settings, allowed AS Allowed, per_minute AS PerMinute, rate_from AS RateFrom, used AS Used
        """;

    /// <summary>The settings of each back end, and since when this process has them. Only the check for ended suspensions uses them.</summary>
    private readonly Dictionary<string, ObservedSettings> _observed = new(StringComparer.Ordinal);

    private CouncilSnapshot? _recorded;
    private volatile Loaded _loaded = new([], DateTimeOffset.MinValue);

    /// <summary>Returns the active suspensions, at most one second old.</summary>
    public async ValueTask<IReadOnlyList<Suspension>> ActiveAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (now - _loaded.At > options.Value.CacheFor || now < _loaded.At)
            _loaded = new Loaded(await ListAsync(ct), now);
        return _loaded.Active;
    }

    /// <summary>Whether a suspension stops the sending of a service's reports to a back end.</summary>
    public async ValueTask<bool> IsSuspendedAsync(BackEnd backEnd, string service, CancellationToken ct)
    {
        foreach (var suspension in await ActiveAsync(ct))
            if (suspension.AppliesTo(backEnd) && (suspension.Service.Length == 0 || suspension.Service == service))
                return true;
        return false;
    }

    public Task<List<Suspension>> ListAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<Suspension>($"SELECT {Columns} FROM suspension WHERE ended = 0 ORDER BY id"), ct);

    public static Task<List<Suspension>> OfCouncilAsync(DbSession db, string council) =>
        db.ListAsync<Suspension>($"SELECT {Columns} FROM suspension WHERE council = @council AND ended = 0", new { council });

    /// <summary>Counts deliveries that a suspension has let through.</summary>
    public static Task UseAsync(DbSession db, Suspension suspension, int count, long now) => count == 0
        ? Task.CompletedTask
        : !suspension.IsPause
            ? db.ExecuteAsync("UPDATE suspension SET rate_from = @now, allowed = 0 WHERE id = @Id", new { suspension.Id, now })
            : db.ExecuteAsync("UPDATE suspension SET used = used + @used WHERE id = @Id", new { suspension.Id, used = count + suspension.ExpiredCalls(now) });

    /// <summary>Pauses sending.</summary>
    /// <returns>False if it was already paused; only the reason and the end time are then updated.</returns>
    public Task<bool> PauseAsync(SuspensionScope scope, string reason, string by, DateTimeOffset? until, CancellationToken ct) => ChangedAsync(
        async db =>
        {
            var now = time.NowMs();
            var known = await db.ExecuteAsync(
                $"""
                UPDATE suspension SET reason = @reason, by_whom = @by, until = @until, allowed = 0, per_minute = 0, used = 0
                WHERE council = @Council AND backend = @BackEnd AND service = @Service AND kind = {SuspensionKinds.Pause} AND ended = 0
                """,
                new { scope.Council, scope.BackEnd, scope.Service, reason = StoredText.Truncate(reason), by, until = until?.ToUnixTimeMilliseconds() ?? 0 });
            if (known == 0)
                await InsertAsync(db, scope, SuspensionKind.Pause, reason, by, until?.ToUnixTimeMilliseconds() ?? 0, "", now);
            await Audit.AddAsync(db, now, by, "pause", scope.Council, scope.ToString(), known == 0 ? "sending" : "paused", "paused", reason);
            return known == 0;
        },
        ct);

    /// <summary>Resumes sending completely, or lets some deliveries through.</summary>
    /// <returns>False if nothing is suspended in this scope.</returns>
    public async Task<bool> ResumeAsync(SuspensionScope scope, Resumption how, string by, string reason, CancellationToken ct)
    {
        var wasPaused = await ChangedAsync(
            async db =>
            {
                var now = time.NowMs();
                var found = await db.ExecuteAsync(
                    how switch
                    {
                        { All: true } => """
                            UPDATE suspension SET ended = @now WHERE council = @Council AND backend = @BackEnd AND service = @Service AND ended = 0
                            """,
                        { PerMinute: > 0 } => $"""
                            UPDATE suspension SET per_minute = @PerMinute, rate_from = @now, allowed = 0, used = 0
                            WHERE council = @Council AND backend = @BackEnd AND service = @Service AND kind = {SuspensionKinds.Pause} AND ended = 0
                            """,
                        _ => """
                            UPDATE suspension SET allowed = allowed + 1
                            WHERE council = @Council AND backend = @BackEnd AND service = @Service AND ended = 0
                            """,
                    },
                    new { scope.Council, scope.BackEnd, scope.Service, how.PerMinute, now });
                if (found == 0)
                    return false;

                await Audit.AddAsync(db, now, by, "resume", scope.Council, scope.ToString(), "paused", how.ToString(), reason);
                await BringForwardAsync(db, scope.Council, scope.BackEnd, now);
                return true;
            },
            ct);
        if (wasPaused && how.All)
            await ReleaseHoldsAsync(ct);
        return wasPaused;
    }

    /// <summary>
    /// Suspends a back end that rejects its settings, or whose answers suggest that they are wrong.
    /// </summary>
    /// <param name="backEnd">The back end.</param>
    /// <param name="kind">
    /// <see cref="SuspensionKind.Settings"/> to attempt one delivery per probe interval, or <see cref="SuspensionKind.UnclearAnswers"/>, which replaces
    /// the former.
    /// </param>
    /// <param name="reason">The reason, for operators.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    /// <returns>False if the back end was already suspended for this or a stricter reason.</returns>
    public Task<bool> SuspendForSettingsAsync(BackEnd backEnd, SuspensionKind kind, string reason, CancellationToken ct) => ChangedAsync(
        async db =>
        {
            var scope = new SuspensionScope(backEnd.Council, backEnd.Name, "");
            var known = await db.ListAsync<Suspension>(
                $"""
                SELECT {Columns} FROM suspension
                WHERE council = @Council AND backend = @BackEnd AND service = '' AND kind <> {SuspensionKinds.Pause} AND ended = 0
                """,
                new { scope.Council, scope.BackEnd });
            if (known.Exists(s => s.Kind == kind || s.Kind == SuspensionKind.UnclearAnswers))
                return false;
            if (known is [var probed, ..])
                await db.ExecuteAsync(
                    "UPDATE suspension SET kind = @kind, reason = @reason, settings = @FileHash, since = @now, allowed = 0 WHERE id = @Id",
                    new { probed.Id, backEnd.FileHash, kind = (int)kind, reason = StoredText.Truncate(reason), now = time.NowMs() });
            else
                await InsertAsync(db, scope, kind, reason, "the gateway", 0, backEnd.FileHash, time.NowMs());
            return true;
        },
        ct);

    /// <summary>Ends the suspensions of a back end for invalid settings or unclear answers, because it gave a clear answer.</summary>
    /// <param name="backEnd">The back end.</param>
    /// <param name="claimedAt">When the delivery was claimed. An answer to an earlier call says nothing about a suspension that began later.</param>
    /// <param name="isReport">Whether the call sent a report. Only that proves that the answers to reports are clear.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    public async Task SettingsAcceptedAsync(BackEnd backEnd, long claimedAt, bool isReport, CancellationToken ct)
    {
        foreach (var suspension in await ActiveAsync(ct))
            if (!suspension.IsPause && suspension.Council == backEnd.Council && suspension.BackEnd == backEnd.Name && claimedAt > suspension.Since
                && (isReport || suspension.Kind == SuspensionKind.Settings))
                await EndAsync([(suspension, "The back end accepts the settings.")], ct);
    }

    /// <summary>
    /// Records which version of each council file this process has. It is called from the same loop as
    /// <see cref="EndAsync(CouncilSnapshot, CancellationToken)"/>, before it.
    /// </summary>
    public void RecordVersions(CouncilSnapshot councils)
    {
        if (ReferenceEquals(_recorded, councils))
            return;

        _recorded = councils;
        var now = time.NowMs();
        foreach (var backEnd in councils.Councils.SelectMany(c => c.BackEnds.Values.Concat(c.Copies.BackEnds)))
            _observed[backEnd.Key] = _observed.GetValueOrDefault(backEnd.Key) is { } known
                ? known.Next(backEnd, now)
                : new ObservedSettings(backEnd.FileHash, now, backEnd.SecretsVersion, SecretsSince: 0);
    }

    /// <summary>
    /// Ends suspensions that are over: a pause whose end time has passed, invalid settings or unclear answers that were edited in the council file, a rate with
    /// no waiting deliveries left.
    /// </summary>
    public async Task EndAsync(CouncilSnapshot councils, CancellationToken ct)
    {
        var now = time.NowMs();
        var ended = new List<(Suspension Suspension, string Reason)>();
        foreach (var suspension in await ListAsync(ct))
            if (suspension.Until > 0 && suspension.Until <= now)
                ended.Add((suspension, "The end time of the pause was reached."));
            else if (!suspension.IsPause && councils.FindBackEnd(suspension.Council, suspension.BackEnd) is { } backEnd
                && IsEditedSince(suspension, backEnd))
                ended.Add((suspension, "The council file or a secret was edited."));
            else if (suspension.PerMinute > 0 && suspension.CallsAllowed(now, options.Value.SettingsProbe) > 0 && !await HasWaitingAsync(suspension, ct))
                ended.Add((suspension, "No more deliveries are waiting."));

        if (ended.Count > 0)
            await EndAsync(ended, ct);
    }

    /// <summary>
    /// Whether the council file, or a secret in settings that were refused, was edited after sending stopped. On a host that still has an earlier version of
    /// the file, the versions differ too.
    /// </summary>
    private bool IsEditedSince(Suspension suspension, BackEnd backEnd) => _observed.GetValueOrDefault(backEnd.Key) is { } observed
        && ((backEnd.FileHash != suspension.Settings && observed.Since > suspension.Since)
            || (suspension.Kind == SuspensionKind.Settings && observed.SecretsSince > suspension.Since));

    private async Task EndAsync(IReadOnlyList<(Suspension Suspension, string Reason)> ended, CancellationToken ct)
    {
        foreach (var (suspension, reason) in ended)
            await ChangedAsync(
                async db =>
                {
                    var now = time.NowMs();
                    if (await db.ExecuteAsync("UPDATE suspension SET ended = @now WHERE id = @Id AND ended = 0", new { now, suspension.Id }) == 0)
                        return false;

                    await BringForwardAsync(db, suspension.Council, suspension.BackEnd, now);
                    await Audit.AddAsync(
                        db, now, "the gateway", "resume", suspension.Council,
                        new SuspensionScope(suspension.Council, suspension.BackEnd, suspension.Service).ToString(), "stopped", "sending resumed", reason);
                    return true;
                },
                ct);

        await ReleaseHoldsAsync(ct);
    }

    /// <summary>
    /// Releases deliveries on hold that no pause covers any more. Each batch is a separate write: a write that has released deliveries must not read pauses
    /// or reports, because claims and changes of reports lock them in the opposite order.
    /// </summary>
    public async Task ReleaseHoldsAsync(CancellationToken ct)
    {
        const int batchSize = 500;
        if (await database.ReadAsync(
            db => db.ScalarAsync<long?>($"SELECT lane_id FROM delivery WHERE hold = {Holds.Paused} ORDER BY lane_id, due {database.Dialect.Page("0", "1")}"),
            ct) is null)
            return;

        var released = batchSize;
        while (released == batchSize)
            released = await database.WriteAsync(db => ReleaseHoldsAsync(db, time.NowMs(), batchSize), ct);
    }

    private Task<bool> HasWaitingAsync(Suspension suspension, CancellationToken ct) => database.ReadAsync(
        async db => await db.ScalarAsync<long?>(
            $"""
            SELECT d.id FROM lane l JOIN delivery d ON d.lane_id = l.id AND d.state < {States.Held} AND d.state <> {States.Sending}
                AND d.state <> {States.Sent} AND d.hold IN ({Holds.None}, {Holds.Paused})
            WHERE l.council = @Council AND (@BackEnd = '' OR l.backend = @BackEnd)
                AND (@Service = '' OR EXISTS (SELECT 1 FROM report r WHERE r.id = d.report_id AND r.service_code = @Service))
            ORDER BY l.id {database.Dialect.Page("0", "1")}
            """,
            new { suspension.Council, suspension.BackEnd, suspension.Service }) is not null,
        ct);

    private async Task<T> ChangedAsync<T>(Func<DbSession, Task<T>> change, CancellationToken ct)
    {
        var result = await database.WriteAsync(change, ct);
        _loaded = new Loaded([], DateTimeOffset.MinValue);
        return result;
    }

    private static Task InsertAsync(
        DbSession db, SuspensionScope scope, SuspensionKind kind, string reason, string by, long until, string settings, long now) =>
        db.ExecuteAsync(
            """
            INSERT INTO suspension (council, backend, service, kind, reason, by_whom, since, until, settings, allowed, per_minute, rate_from, used, ended)
            VALUES (@Council, @BackEnd, @Service, @kind, @reason, @by, @now, @until, @settings, 0, 0, 0, 0, 0)
            """,
            new { scope.Council, scope.BackEnd, scope.Service, kind = (int)kind, reason = StoredText.Truncate(reason), by, now, until, settings });

    /// <summary>
    /// Makes retries due now: deliveries that failed before the suspension, or because of invalid settings, need not wait any longer. The duration of
    /// the suspension does not count towards the age after which a delivery is no longer retried.
    /// </summary>
    private static Task BringForwardAsync(DbSession db, string council, string backEnd, long now) => db.InBatchesAsync(
        $"""
        UPDATE delivery SET due = CASE WHEN due > @now THEN @now ELSE due END, first_tried = @now
        WHERE state = {States.Retrying} AND id IN
            (SELECT d.id FROM delivery d WHERE d.lane_id IN (SELECT id FROM lane WHERE council = @council AND (@backEnd = '' OR backend = @backEnd))
                AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent} AND d.state = {States.Retrying}
                AND d.hold = {Holds.None} AND d.first_tried <> @now ORDER BY d.lane_id, d.due {db.Dialect.Page("0", "@max")})
        """,
        max => new { council, backEnd, now, max });

    /// <summary>Releases deliveries of services that are no longer paused.</summary>
    private static Task<int> ReleaseHoldsAsync(DbSession db, long now, int max) => db.ExecuteAsync(
        $"""
        UPDATE delivery SET hold = {Holds.None}, due = CASE WHEN due > @now THEN due ELSE @now END
        WHERE hold = {Holds.Paused} AND id IN
            (SELECT d.id FROM delivery d WHERE d.hold = {Holds.Paused} AND NOT EXISTS
                (SELECT 1 FROM report r JOIN suspension c ON c.council = r.council AND c.service = r.service_code AND c.ended = 0
                 JOIN lane l ON l.id = d.lane_id WHERE r.id = d.report_id AND (c.backend = '' OR c.backend = l.backend))
            ORDER BY d.lane_id, d.due {db.Dialect.Page("0", "@max")})
        """,
        new { now, max });

    private sealed record Loaded(IReadOnlyList<Suspension> Active, DateTimeOffset At);

    /// <summary>The settings of a back end that this process has, and since when; 0 for secrets that have not changed since it started.</summary>
    private sealed record ObservedSettings(string FileHash, long Since, string SecretsVersion, long SecretsSince)
    {
        public ObservedSettings Next(BackEnd backEnd, long now) => this with
        {
            FileHash = backEnd.FileHash,
            Since = backEnd.FileHash == FileHash ? Since : now,
            SecretsVersion = backEnd.SecretsVersion,
            SecretsSince = backEnd.SecretsVersion == SecretsVersion ? SecretsSince : now,
        };
    }
}

/// <summary>The scope of a suspension. An empty back end or service means all.</summary>
internal sealed record SuspensionScope(string Council, string BackEnd, string Service)
{
    public override string ToString() =>
        (BackEnd.Length > 0 ? $"back end {BackEnd}" : "all back ends") + (Service.Length > 0 ? $", service {Service}" : "");
}

/// <summary>How sending resumes: one delivery, a limited rate, or completely.</summary>
internal sealed record Resumption(bool All, int PerMinute)
{
    public override string ToString() => All ? "sending resumed" : PerMinute > 0 ? $"limited to {PerMinute} per minute" : "one report let through as a test";
}

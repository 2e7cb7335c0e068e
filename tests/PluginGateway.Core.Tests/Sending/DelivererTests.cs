using System.Globalization;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Sending;

/// <summary>Tests how each result of an adapter changes a delivery.</summary>
public sealed class DelivererTests : IAsyncLifetime
{
    private static readonly AdapterException NoAnswer = AdapterException.OutcomeUnknown("It did not answer.");

    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await StoreWorld.CreateAsync([]);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Success_is_recorded_with_its_id_and_waiters_are_released()
    {
        var adapter = Script(new ScriptedAdapter());
        var report = await _world.AcceptAsync(null);
        using var waiter = _world.Get<DeliveryWaiters>().Begin(report.DeliveryId);

        await DeliverAsync();

        Assert.Equal(["submit"], adapter.Calls);
        Assert.Equal((nameof(DeliveryState.Sent), "CASE-1", 1), await StateAsync());
        Assert.True(waiter.Recorded.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData("transient", nameof(DeliveryState.Retrying))]
    [InlineData("not yet", nameof(DeliveryState.Retrying))]
    [InlineData("misconfigured", nameof(DeliveryState.Retrying))]
    [InlineData("rejected", nameof(DeliveryState.Held))]
    [InlineData("unknown", nameof(DeliveryState.Unknown))]
    [InlineData("unclassified", nameof(DeliveryState.Unknown))]
    [InlineData("nothing", nameof(DeliveryState.Unknown))]
    public async Task Failure_sets_the_state_for_its_kind(string failure, string state)
    {
        Script(new ScriptedAdapter
        {
            Submit = (_, _) =>
            failure == "nothing" ? Task.FromResult<Submission>(null!) : Task.FromException<Submission>(Failure(failure))
        });
        await _world.AcceptAsync(null);

        await DeliverAsync();

        Assert.Equal((state, null, 1), await StateAsync());
        Assert.Equal(failure == "misconfigured" ? 1 : 0, await _world.CountAsync("suspension WHERE ended = 0"));
    }

    [Theory]
    [InlineData(false, nameof(DeliveryState.Retrying))]
    [InlineData(true, nameof(DeliveryState.Unknown))]
    public async Task Bug_is_transient_before_the_commit_mark_and_unknown_after_it(bool marks, string state)
    {
        Script(new ScriptedAdapter
        {
            MarksCommit = true,
            Submit = async (_, attempt) =>
            {
                if (marks)
                    await attempt.MarkCommittingAsync(default);
                throw new InvalidOperationException("A bug");
            },
        });
        await _world.AcceptAsync(null);

        await DeliverAsync();

        Assert.Equal((state, null, 1), await StateAsync());
    }

    [Theory]
    [InlineData(IdempotencySupport.None, nameof(DeliveryState.Held), 1)]
    [InlineData(IdempotencySupport.Updates, nameof(DeliveryState.Held), 1)]
    [InlineData(IdempotencySupport.Reports, nameof(DeliveryState.Sent), 2)]
    [InlineData(IdempotencySupport.Reports | IdempotencySupport.Updates, nameof(DeliveryState.Sent), 2)]
    public async Task Unknown_outcome_is_resent_only_to_idempotent_back_ends(IdempotencySupport repeat, string state, int calls)
    {
        var adapter = Script(new ScriptedAdapter { Idempotency = repeat });
        adapter.Submit = (_, attempt) => attempt.Number == 1 ? throw NoAnswer : Task.FromResult(new Submission { BackEndId = "CASE-1" });
        await _world.AcceptAsync(null);

        await DeliverAsync();
        await DeliverAsync();

        Assert.Equal(Enumerable.Repeat("submit", calls), adapter.Calls);
        Assert.Equal((state, state == nameof(DeliveryState.Sent) ? "CASE-1" : null, 2), await StateAsync());
    }

    [Theory]
    [InlineData(IdempotencySupport.None, false, nameof(DeliveryState.Held), nameof(SuspensionKind.UnclearAnswers))]
    [InlineData(IdempotencySupport.Reports, false, nameof(DeliveryState.Unknown), nameof(SuspensionKind.Settings))]
    [InlineData(IdempotencySupport.None, true, nameof(DeliveryState.Unknown), nameof(SuspensionKind.Settings))]
    public async Task Unclear_answer_that_suggests_wrong_settings_stops_sending(
        IdempotencySupport repeat, bool canFind, string state, string suspension)
    {
        var adapter = Script(
            new ScriptedAdapter
            {
                Idempotency = repeat,
                CanFind = canFind,
                Submit = (_, _) => throw AdapterException.OutcomeUnknown("It redirects.", stopSending: true),
            });
        await _world.AcceptAsync(null);

        await DeliverAsync();

        Assert.Equal((state, null, 1), await StateAsync());
        var stopped = Assert.Single(await _world.Get<SuspensionStore>().ListAsync(default));
        Assert.Equal((suspension, "It redirects."), (stopped.Kind.ToString(), stopped.Reason));
        Assert.Equal(1, await _world.CountAsync($"attempt WHERE outcome = {(int)AttemptOutcome.Unknown}"));
        if (state == nameof(DeliveryState.Held))
            Assert.Equal(1, await _world.CountAsync("delivery WHERE may_have_been_delivered = 1 AND cause LIKE 'It redirects. The council%Check there first%'"));
        Assert.Equal(["submit"], adapter.Calls);
    }

    [Fact]
    public async Task Created_report_whose_note_survived_a_crash_is_continued()
    {
        var adapter = Script(new ScriptedAdapter { MarksCommit = true, CreatedNote = "token" });
        adapter.Submit = async (_, attempt) =>
        {
            if (attempt.Notes.TryGetValue("token", out var token))
                return new Submission { BackEndId = token };
            await attempt.MarkCommittingAsync(default);
            await attempt.NoteAsync("token", "CASE-9", default);
            throw new InvalidOperationException("The process ended here.");
        };
        await _world.AcceptAsync(null);

        await DeliverAsync();
        await DeliverAsync();

        Assert.Equal(["submit", "submit"], adapter.Calls);
        Assert.Equal((nameof(DeliveryState.Sent), "CASE-9", 2), await StateAsync());
    }

    [Theory]
    [InlineData("token", true)]
    [InlineData("continued", false)]
    [InlineData("rejected before the call", false)]
    [InlineData("rejected", true)]
    public async Task Only_an_answer_to_a_creating_call_reopens_a_stopped_lane(string answer, bool reopens)
    {
        var adapter = Script(new ScriptedAdapter { MarksCommit = true, CreatedNote = "token" });
        adapter.Submit = async (_, attempt) =>
        {
            if (answer == "continued")
                return new Submission { BackEndId = "CASE-1" };
            if (answer != "rejected before the call")
                await attempt.MarkCommittingAsync(default);
            throw answer == "token" ? AdapterException.NotYet("It has no number yet.") : AdapterException.Rejected("No.");
        };
        await _world.AcceptAsync(null);
        await _world.Get<SuspensionStore>().SuspendForSettingsAsync(_world.Main, SuspensionKind.UnclearAnswers, "302", default);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        await DeliverAsync();

        Assert.Equal(reopens ? 0 : 1, await _world.CountAsync("suspension WHERE ended = 0"));
    }

    [Fact]
    public async Task Unclear_answer_to_an_update_does_not_stop_reports()
    {
        var adapter = Script(new ScriptedAdapter { Update = _ => throw AdapterException.OutcomeUnknown("It redirects.", stopSending: true) });
        var report = await _world.AcceptAsync(null);
        await DeliverAsync();
        await _world.Get<UpdateAcceptor>().AcceptAsync(
            7, _world.Main, report.ReportId, report.DeliveryId,
            new ClientUpdate { UpdateId = "u1", BackEndId = "", Status = "OPEN", UpdatedAt = _world.Clock.GetUtcNow() }, default);

        await DeliverAsync();
        await DeliverAsync();

        Assert.Equal(["submit", "update"], adapter.Calls);
        Assert.Equal(1, await _world.CountAsync($"delivery WHERE kind = 3 AND state = {(int)DeliveryState.Held}"));
        Assert.Equal(0, await _world.CountAsync("suspension"));
    }

    [Fact]
    public async Task Unknown_outcome_is_not_resent_when_the_back_end_has_the_report()
    {
        var adapter = Script(new ScriptedAdapter { CanFind = true, Submit = (_, _) => throw NoAnswer });
        adapter.Find = () => Task.FromResult(LookupResult.Found(new Submission { BackEndId = " CASE-7 " }));
        await _world.AcceptAsync(null);

        await DeliverAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await DeliverAsync();

        Assert.Equal(["submit", "find"], adapter.Calls);
        Assert.Equal((nameof(DeliveryState.Sent), "CASE-7", 2), await StateAsync());
    }

    [Fact]
    public async Task Unknown_outcome_is_resent_after_two_absent_lookups()
    {
        var adapter = Script(
            new ScriptedAdapter
            {
                CanFind = true,
                Submit = (_, attempt) => attempt.Number == 1 ? throw NoAnswer : Task.FromResult(new Submission { BackEndId = "CASE-1" }),
            });
        adapter.Find = () => Task.FromResult(LookupResult.Absent);
        await _world.AcceptAsync(null);

        for (var i = 0; i < 4; i++)
        {
            await DeliverAsync();
            _world.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Equal(["submit", "find", "find", "submit"], adapter.Calls);
        Assert.Equal((nameof(DeliveryState.Sent), "CASE-1", 4), await StateAsync());
    }

    [Fact]
    public async Task Lookup_result_that_belongs_to_another_report_is_ignored()
    {
        var adapter = Script(new ScriptedAdapter { CanFind = true });
        await _world.AcceptAsync(null);
        await DeliverAsync();
        adapter.Submit = (_, _) => throw NoAnswer;
        adapter.Find = () => Task.FromResult(LookupResult.Found(new Submission { BackEndId = "CASE-1" }));
        var second = await _world.AcceptAsync(null, "Another bin");

        await DeliverAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await DeliverAsync();

        Assert.Equal((nameof(DeliveryState.Unknown), null, 2), await StateAsync(second.DeliveryId));
    }

    [Fact]
    public async Task Result_after_the_deadline_is_recorded()
    {
        var (called, answer) = (new TaskCompletionSource(), new TaskCompletionSource<Submission>());
        Script(new ScriptedAdapter
        {
            Submit = (_, _) =>
            {
                called.SetResult();
                return answer.Task;
            },
        });
        await _world.AcceptAsync(null);

        var delivering = DeliverAsync();
        await called.Task;
        await Eventually.TrueAsync(
            () => _world.Clock.TimersDueAt(_world.Clock.GetUtcNow() + TimeSpan.FromSeconds(122)) > 0, "the deliverer waits for the call");
        _world.Clock.Advance(TimeSpan.FromSeconds(122));
        await delivering;
        Assert.Equal((nameof(DeliveryState.Unknown), null, 1), await StateAsync());

        answer.SetResult(new Submission { BackEndId = "CASE-LATE" });
        await Eventually.TrueAsync(async () => (await StateAsync()).State == nameof(DeliveryState.Sent), "the late result is recorded");
        Assert.Equal((nameof(DeliveryState.Sent), "CASE-LATE", 1), await StateAsync());
    }

    [Fact]
    public async Task Missing_plug_in_retries_without_counting_a_failure()
    {
        await _world.AcceptAsync(null, reporter: new Reporter { FirstName = "Ada" });
        var delivery = Assert.Single(await _world.ClaimAsync());
        _world.Get<PluginCatalog>().Remove("blackhole");

        await _world.Get<Deliverer>().DeliverAsync(delivery, _world.Main);

        Assert.Equal((nameof(DeliveryState.Retrying), null, 1), await StateAsync());
        Assert.Equal(0, await _world.CountAsync("delivery WHERE failures > 0"));
        // The gateway's own texts contain no personal data, so they are not redacted even when a reporter's name is part of a word.
        Assert.Contains("adapter", await _world.ScalarAsync<string>("SELECT cause FROM delivery"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_without_content_is_held()
    {
        var adapter = Script(new ScriptedAdapter());
        await _world.AcceptAsync(null);
        await _world.ExecuteAsync("UPDATE report_revision SET payload = @none", new { none = Array.Empty<byte>() });

        await DeliverAsync();

        Assert.Empty(adapter.Calls);
        Assert.Equal((nameof(DeliveryState.Held), null, 1), await StateAsync());
    }

    [Fact]
    public async Task Follow_up_is_retried_when_too_early_and_held_when_its_outcome_is_unknown()
    {
        var adapter = Script(
            new ScriptedAdapter { Submit = (_, _) => Task.FromResult(new Submission { BackEndId = "CASE-1", FollowUps = [new FollowUp { Kind = "close" }] }) });
        await _world.AcceptAsync(null);
        await DeliverAsync();

        adapter.FollowUp = () => Task.FromResult(new FollowUpResult { RetryAfter = TimeSpan.FromMinutes(10) });
        await DeliverAsync();
        Assert.Empty(await _world.ClaimAsync());
        Assert.Equal(1, await _world.CountAsync("delivery WHERE kind = 4 AND state = 3 AND failures = 0"));

        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        adapter.FollowUp = () => throw NoAnswer;
        await DeliverAsync();
        await DeliverAsync();
        Assert.Equal(["submit", "follow-up", "follow-up"], adapter.Calls);
        Assert.Equal(1, await _world.CountAsync("delivery WHERE kind = 4 AND state = 5"));
    }

    [Fact]
    public async Task Copy_is_retried_after_any_failure()
    {
        var adapter = Script(new ScriptedAdapter { Submit = (_, _) => throw new InvalidOperationException("A bug") });
        await _world.AcceptAsync(null, copies: new Core.Councils.Copy(_world.Spare, Core.Councils.CopyTime.Accepted));

        await _world.Get<Deliverer>().DeliverAsync(Assert.Single(await _world.ClaimAsync(backEnd: _world.Spare)), _world.Spare);

        Assert.Equal(["submit"], adapter.Calls);
        Assert.Equal(1, await _world.CountAsync("delivery WHERE kind = 2 AND state = 3 AND may_have_been_delivered = 0"));
    }

    [Fact]
    public async Task Update_goes_to_the_case_of_its_report_and_is_held_when_its_outcome_is_unknown()
    {
        var (adapter, sent) = (Script(new ScriptedAdapter()), new List<string>());
        adapter.Update = update =>
        {
            sent.Add($"{update.UpdateId} of {update.BackEndId}");
            return update.UpdateId == "u1" ? Task.FromResult(new UpdateSubmission { BackEndId = "NOTE-1" }) : throw NoAnswer;
        };
        var report = await _world.AcceptAsync(null);
        await DeliverAsync();

        foreach (var id in new[] { "u1", "u2" })
        {
            var update = new ClientUpdate { UpdateId = id, BackEndId = "", Status = "OPEN", UpdatedAt = _world.Clock.GetUtcNow() };
            await _world.Get<UpdateAcceptor>().AcceptAsync(7, _world.Main, report.ReportId, report.DeliveryId, update, default);
            await DeliverAsync();
        }

        await DeliverAsync();
        Assert.Equal(["u1 of CASE-1", "u2 of CASE-1"], sent);
        Assert.Equal(1, await _world.CountAsync("delivery WHERE kind = 3 AND state = 2 AND backend_id = 'NOTE-1'"));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE kind = 3 AND state = 5"));
    }

    [Fact]
    public async Task Unexpected_error_does_not_throw_and_releases_waiters()
    {
        using var waiter = _world.Get<DeliveryWaiters>().Begin(1);

        await _world.Get<Deliverer>().DeliverAsync(new ClaimedDelivery { Id = 1, Kind = (DeliveryKind)9 }, _world.Main);

        Assert.True(waiter.Recorded.IsCompletedSuccessfully);
    }

    private static Exception Failure(string failure) => failure switch
    {
        "transient" => AdapterException.Transient("It is down."),
        "not yet" => AdapterException.NotYet("Later.", retryAfter: TimeSpan.FromMinutes(2)),
        "misconfigured" => AdapterException.Misconfigured("The key is wrong."),
        "rejected" => AdapterException.Rejected("No."),
        "unknown" => NoAnswer,
        _ => new InvalidOperationException("A bug"),
    };

    private ScriptedAdapter Script(ScriptedAdapter adapter) => adapter.Into(_world.Get<PluginCatalog>());

    /// <summary>Claims and delivers all due deliveries.</summary>
    private async Task DeliverAsync()
    {
        foreach (var delivery in await _world.Get<DeliveryStore>()
            .ClaimDueAsync(await _world.LaneAsync(), 10, _world.Get<PluginCatalog>().Describe("blackhole")!.MarksCommit, null, default))
            await _world.Get<Deliverer>().DeliverAsync(delivery, _world.Main);
    }

    private async Task<(string State, string? BackEndId, int Tries)> StateAsync(long? id = null)
    {
        var delivery = string.Create(CultureInfo.InvariantCulture, $"FROM delivery WHERE kind = 1 {(id is null ? "" : $"AND id = {id}")}");
        var state = (DeliveryState)await _world.ScalarAsync<int>($"SELECT state {delivery}");
        return (state.ToString(), await _world.ScalarAsync<string>($"SELECT backend_id {delivery}"), await _world.ScalarAsync<int>($"SELECT attempts {delivery}"));
    }
}

namespace PluginGateway.Contracts.Testing;

// Sending: the commit mark, the classification of failures, the deadline and the absence of duplicates.
public abstract partial class AdapterConformance
{
    /// <summary>All faults of a call, without <see cref="BackEndFault.None"/>.</summary>
    public static TheoryData<BackEndFault> Faults => [.. Enum.GetValues<BackEndFault>().Where(f => f != BackEndFault.None)];

    /// <summary>
    /// Checks that a report creates exactly one case, that the returned id is not blank, and that an adapter with
    /// <see cref="AdapterDescriptor.MarksCommit"/> marks the attempt as committing before the case is created.
    /// </summary>
    [Fact]
    public async Task Submit_creates_one_case_and_marks_commit_first()
    {
        var bench = NewBench();
        var sender = bench.Needs<IRequestSender>();
        var attempt = new TestAttempt(bench.Clock.GetUtcNow());
        var request = await bench.RequestAsync();
        var unmarked = 0;
        bench.Proxy.OnStep = step => unmarked += step == CallStep.After && bench.BackEnd.Created > 0 && !attempt.IsCommitMarked ? 1 : 0;

        var submission = await InTimeAsync(sender.SubmitAsync(request, attempt, default), "Sending");

        Assert.Equal(1, bench.BackEnd.Created);
        Assert.NotNull(submission);
        Assert.True(submission.BackEndId is null || submission.BackEndId.Trim().Length > 0, "The id is blank.");
        Assert.Equal(submission.FollowUps.Count, submission.FollowUps.Select(f => f.Kind).Distinct(StringComparer.Ordinal).Count());
        if (bench.Plugin.Describe().MarksCommit)
            Assert.True(attempt.IsCommitMarked && unmarked == 0, "The case was created before IAttempt.MarkCommittingAsync was called.");
    }

    /// <summary>
    /// Checks that a repeated submission creates no second case and returns the same id, if the descriptor states that the back end recognises
    /// repeated reports.
    /// </summary>
    [Fact]
    public async Task Submit_repeated_creates_no_duplicate_when_the_back_end_is_idempotent()
    {
        var bench = NewBench();
        var sender = bench.Needs<IRequestSender>();
        Assert.SkipUnless(bench.Plugin.Describe().Idempotency.HasFlag(IdempotencySupport.Reports), "the back end does not recognise repeated reports");
        var (attempt, request) = (new TestAttempt(bench.Clock.GetUtcNow()), await bench.RequestAsync());

        var first = await InTimeAsync(sender.SubmitAsync(request, attempt, default), "Sending");
        var second = await InTimeAsync(sender.SubmitAsync(request, attempt.Next(), default), "Sending again");

        Assert.Equal(1, bench.BackEnd.Created);
        Assert.Equal(first.BackEndId, second.BackEndId);
    }

    /// <summary>
    /// Checks that a report is not found before it is sent, that it is not reported as absent afterwards, and that searching creates nothing.
    /// </summary>
    [Fact]
    public async Task Find_distinguishes_sent_from_unsent_reports()
    {
        var bench = NewBench();
        var finder = bench.Needs<ISubmissionFinder>();
        var (attempt, request) = (new TestAttempt(bench.Clock.GetUtcNow()), await bench.RequestAsync());

        var before = await InTimeAsync(finder.FindAsync(request, attempt, default), "Finding");
        Assert.NotEqual(LookupOutcome.Found, before.Outcome);
        var submission = await InTimeAsync(((IRequestSender)bench.Adapter).SubmitAsync(request, attempt, default), "Sending");
        var after = await InTimeAsync(finder.FindAsync(request, attempt.Next(), default), "Finding");

        Assert.NotEqual(LookupOutcome.Absent, after.Outcome);
        if (after.Outcome == LookupOutcome.Found)
            Assert.Equal(submission.BackEndId, after.Submission!.BackEndId);
        Assert.Equal(1, bench.BackEnd.Created);
    }

    /// <summary>
    /// Checks, for each call of a submission, that a fault is reported as a failure of the right kind, and that exactly one case exists after
    /// the gateway has handled that failure.
    /// </summary>
    /// <param name="fault">The fault that occurs in one call.</param>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault fault)
    {
        var calls = await CountSubmissionCallsAsync();
        for (var at = 1; at <= calls; at++)
        {
            var bench = NewBench();
            var request = await bench.RequestAsync();
            var (attempt, first) = (new TestAttempt(bench.Clock.GetUtcNow()), bench.Proxy.Calls + at);
            (bench.Proxy.Fault, bench.Proxy.When) = (fault, (_, number) => number == first);

            var e = await SubmitAsync(bench, request, attempt);
            if (fault == BackEndFault.SlowDrip)
                Assert.Null(e);
            // The adapter may renew an expired token within the same submission.
            if (e is not null || fault != BackEndFault.TokenExpired)
                AssertClassified(e, fault);
            if (e is AdapterException { Kind: FailureKind.Rejected })
                Assert.Fail($"Call {at}, {fault}: use Rejected only when the back end refuses this particular report: {e.Message}");

            bench.Proxy.Fault = BackEndFault.None;
            var sent = e is null || await ContinueAsync(bench, request, attempt, e);
            Assert.True(bench.BackEnd.Created <= 1, $"Call {at}, {fault}: one report created {bench.BackEnd.Created} cases.");
            Assert.True(!sent || bench.BackEnd.Created == 1, $"Call {at}, {fault}: the report counts as sent, but no case exists.");
        }
    }

    /// <summary>
    /// Checks that a crash of the gateway at any step of a submission never leads to a duplicate: the next attempt, made by a new adapter
    /// instance, creates no second case.
    /// </summary>
    [Fact]
    public async Task Submit_after_a_crash_at_any_step_creates_no_duplicate()
    {
        NewBench().Needs<IRequestSender>();
        for (var crashAt = 1; ; crashAt++)
        {
            var bench = NewBench();
            var request = await bench.RequestAsync();
            var attempt = new TestAttempt(bench.Clock.GetUtcNow());
            var steps = 0;
            // The process has crashed: this step and all later ones fail.
            Action step = () =>
            {
                if (++steps >= crashAt)
                    throw new InvalidOperationException("The gateway crashed here.");
            };
            (bench.Proxy.OnStep, attempt.OnDurable) = (_ => step(), step);
            await SubmitAsync(bench, request, attempt);
            if (steps < crashAt)
                return;

            var restarted = NewBench(bench.State, bench.BackEnd);
            var sent = await ContinueAsync(restarted, request, attempt, null);
            Assert.True(bench.BackEnd.Created <= 1, $"Step {crashAt}: one report created {bench.BackEnd.Created} cases.");
            Assert.True(!sent || bench.BackEnd.Created == 1, $"Step {crashAt}: the report counts as sent, but no case exists.");
        }
    }

    /// <summary>Checks that each call ends within seconds of its cancellation token firing, with an expected exception.</summary>
    [Fact]
    public async Task Submit_ends_when_its_token_fires()
    {
        var calls = await CountSubmissionCallsAsync();
        for (var at = 1; at <= calls; at++)
        {
            var bench = NewBench();
            var request = await bench.RequestAsync();
            using var deadline = new CancellationTokenSource();
            var first = bench.Proxy.Calls + at;
            (bench.Proxy.Fault, bench.Proxy.When) = (BackEndFault.TimeOutBefore, (_, number) => number == first);
            var sending = ((IRequestSender)bench.Adapter).SubmitAsync(request, new TestAttempt(bench.Clock.GetUtcNow()), deadline.Token);
            await deadline.CancelAsync();

            var e = await Record.ExceptionAsync(() => InTimeAsync(sending, $"Call {at}, after its token fired,"));
            Assert.True(e is OperationCanceledException or AdapterException, $"Call {at}: {e}");
        }
    }

    private static void AssertClassified(Exception? e, BackEndFault fault)
    {
        switch (fault)
        {
            case BackEndFault.SlowDrip:
                return;
            case BackEndFault.TooManyRequests:
                Assert.True(
                    e is AdapterException { Kind: FailureKind.Transient, SlowDown: true },
                    $"A 429 response must raise Transient with slowDown, so that the gateway sends more slowly. It raised {Name(e)}.");
                return;
            case BackEndFault.TokenExpired:
                Assert.True(e is AdapterException { Kind: FailureKind.Misconfigured }, $"A refused key must raise Misconfigured. It raised {Name(e)}.");
                return;
            case BackEndFault.Refused or BackEndFault.TimeOutBefore or BackEndFault.TimeOutAfter or BackEndFault.TruncatedBody:
                Assert.True(
                    e is AdapterException or HttpRequestException or IOException or OperationCanceledException,
                    $"{fault} must raise an AdapterException. It raised {Name(e)}.");
                return;
            default:
                Assert.True(e is AdapterException, $"{fault} must raise an AdapterException. It raised {Name(e)}.");
                return;
        }
    }

    private static string Name(Exception? e) =>
        e is null ? "no exception" : e is AdapterException a ? $"{a.Kind}: {a.Message}" : $"{e.GetType().Name}: {e.Message}";

    private async Task<int> CountSubmissionCallsAsync()
    {
        var bench = NewBench();
        bench.Needs<IRequestSender>();
        var request = await bench.RequestAsync();
        var before = bench.Proxy.Calls;
        Assert.Null(await SubmitAsync(bench, request, new TestAttempt(bench.Clock.GetUtcNow())));
        return bench.Proxy.Calls - before;
    }

    /// <summary>Sends the report. If the back end does not answer, the deadline expires.</summary>
    private static async Task<Exception?> SubmitAsync(Bench bench, ServiceRequest request, TestAttempt attempt)
    {
        using var deadline = new CancellationTokenSource();
        if (bench.Proxy.Fault is BackEndFault.TimeOutBefore or BackEndFault.TimeOutAfter)
        {
            var when = bench.Proxy.When;
            bench.Proxy.When = (call, number) =>
            {
                var now = when(call, number);
                if (now)
                    deadline.CancelAfter(TimeSpan.FromMilliseconds(20));
                return now;
            };
        }

        return await Record.ExceptionAsync(() => InTimeAsync(((IRequestSender)bench.Adapter).SubmitAsync(request, attempt, deadline.Token), "Sending"));
    }

    /// <summary>Handles a failure as the gateway does; null stands for a crash.</summary>
    /// <returns>Whether the report counts as sent at the end; false when an operator must decide.</returns>
    private static async Task<bool> ContinueAsync(Bench bench, ServiceRequest request, TestAttempt attempt, Exception? failure)
    {
        var descriptor = bench.Plugin.Describe();
        var kind = (failure as AdapterException)?.Kind;
        if (kind is FailureKind.Rejected)
        {
            Assert.Equal(0, bench.BackEnd.Created);
            return false;
        }

        // An operator corrects wrong settings, and the delivery is retried.
        var nothingSent = kind is FailureKind.Transient or FailureKind.NotYet or FailureKind.Misconfigured
            || (kind is null && descriptor.MarksCommit && !attempt.IsCommitMarked);
        if (!nothingSent && bench.Adapter is ISubmissionFinder finder)
        {
            var lookup = await InTimeAsync(finder.FindAsync(request, attempt.Next(), default), "Finding");
            if (lookup.Outcome != LookupOutcome.Absent)
                return lookup.Outcome == LookupOutcome.Found;
        }
        else if (!nothingSent && !descriptor.Idempotency.HasFlag(IdempotencySupport.Reports))
        {
            return false;
        }

        var failureOfRetry = await SubmitAsync(bench, request, attempt.Next());
        Assert.True(failureOfRetry is null, $"The next attempt failed: {Name(failureOfRetry)}");
        return true;
    }
}

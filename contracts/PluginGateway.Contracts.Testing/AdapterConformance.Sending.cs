namespace PluginGateway.Contracts.Testing;

// Sending: stamped, classified, given up in time, and never twice.
public abstract partial class AdapterConformance
{
    /// <summary>Every way in which one call can go wrong.</summary>
    public static TheoryData<BackEndFault> Faults => [.. Enum.GetValues<BackEndFault>().Where(f => f != BackEndFault.None)];

    /// <summary>A report is created once and its id comes back; an adapter that stamps did so before.</summary>
    [Fact]
    public async Task It_creates_a_case_and_stamps_before()
    {
        var bench = NewBench();
        var sender = bench.Needs<IRequestSender>();
        var attempt = new TestAttempt(bench.Clock.GetUtcNow());
        var request = await bench.RequestAsync();
        var unstamped = 0;
        bench.Proxy.OnStep = step => unstamped += step == CallStep.After && bench.BackEnd.Created > 0 && !attempt.IsCommitMarked ? 1 : 0;

        var submission = await InTimeAsync(sender.SubmitAsync(request, attempt, default), "Sending");

        Assert.Equal(1, bench.BackEnd.Created);
        Assert.NotNull(submission);
        Assert.True(submission.BackEndId is null || submission.BackEndId.Trim().Length > 0, "The id is blank.");
        Assert.Equal(submission.FollowUps.Count, submission.FollowUps.Select(f => f.Kind).Distinct(StringComparer.Ordinal).Count());
        if (bench.Plugin.Describe().MarksCommit)
            Assert.True(attempt.IsCommitMarked && unstamped == 0, "The case was created before IAttempt.MarkCommittingAsync was called.");
    }

    /// <summary>A back end that is said to recognise repeats does, with this adapter's calls.</summary>
    [Fact]
    public async Task A_repeat_that_the_back_end_recognises_creates_nothing()
    {
        var bench = NewBench();
        var sender = bench.Needs<IRequestSender>();
        Assert.SkipUnless(bench.Plugin.Describe().Idempotency.HasFlag(IdempotencySupport.Reports), "the back end does not recognise repeats");
        var (attempt, request) = (new TestAttempt(bench.Clock.GetUtcNow()), await bench.RequestAsync());

        var first = await InTimeAsync(sender.SubmitAsync(request, attempt, default), "Sending");
        var second = await InTimeAsync(sender.SubmitAsync(request, attempt.Next(), default), "Sending again");

        Assert.Equal(1, bench.BackEnd.Created);
        Assert.Equal(first.BackEndId, second.BackEndId);
    }

    /// <summary>A report that was sent is found, and one that was not is not.</summary>
    [Fact]
    public async Task Its_finder_tells_what_is_there_from_what_is_not()
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
    /// Whichever call goes wrong in whichever way: it ends as a failure that says what it is, and when the gateway then does what that
    /// failure calls for, there is one case and no second.
    /// </summary>
    /// <param name="fault">What goes wrong.</param>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_call_that_goes_wrong_is_classified_and_never_makes_a_second_case(BackEndFault fault)
    {
        var calls = await CallsOfASubmissionAsync();
        for (var at = 1; at <= calls; at++)
        {
            var bench = NewBench();
            var request = await bench.RequestAsync();
            var (attempt, first) = (new TestAttempt(bench.Clock.GetUtcNow()), bench.Proxy.Calls + at);
            (bench.Proxy.Fault, bench.Proxy.When) = (fault, (_, number) => number == first);

            var e = await SubmitAsync(bench, request, attempt);
            if (fault == BackEndFault.SlowDrip)
                Assert.Null(e);
            // A token that has expired may be renewed on the spot.
            if (e is not null || fault != BackEndFault.TokenExpired)
                AssertClassified(e, fault);
            if (e is AdapterException { Kind: FailureKind.Rejected })
                Assert.Fail($"Call {at}, {fault}: Rejected means that the back end said no to this very report: {e.Message}");

            bench.Proxy.Fault = BackEndFault.None;
            var end = e is null || await GoOnAsync(bench, request, attempt, e);
            Assert.True(bench.BackEnd.Created <= 1, $"Call {at}, {fault}: there are {bench.BackEnd.Created} cases of one report.");
            Assert.True(!end || bench.BackEnd.Created == 1, $"Call {at}, {fault}: the report counts as sent, and there is no case.");
        }
    }

    /// <summary>Whenever the gateway dies, the next try (by an adapter made anew) makes no second case.</summary>
    [Fact]
    public async Task A_crash_at_any_step_never_makes_a_second_case()
    {
        NewBench().Needs<IRequestSender>();
        for (var crashAt = 1; ; crashAt++)
        {
            var bench = NewBench();
            var request = await bench.RequestAsync();
            var attempt = new TestAttempt(bench.Clock.GetUtcNow());
            var steps = 0;
            // From there on the process is gone: nothing works any more.
            Action step = () =>
            {
                if (++steps >= crashAt)
                    throw new InvalidOperationException("The gateway died here.");
            };
            (bench.Proxy.OnStep, attempt.OnDurable) = (_ => step(), step);
            await SubmitAsync(bench, request, attempt);
            if (steps < crashAt)
                return;

            var restarted = NewBench(bench.State, bench.BackEnd);
            var end = await GoOnAsync(restarted, request, attempt, null);
            Assert.True(bench.BackEnd.Created <= 1, $"Step {crashAt}: there are {bench.BackEnd.Created} cases of one report.");
            Assert.True(!end || bench.BackEnd.Created == 1, $"Step {crashAt}: the report counts as sent, and there is no case.");
        }
    }

    /// <summary>A call ends soon after its token fires.</summary>
    [Fact]
    public async Task It_gives_up_when_its_time_is_up()
    {
        var calls = await CallsOfASubmissionAsync();
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
                    $"429 must be Transient with slowDown, so that the lane slows down; it is {Name(e)}.");
                return;
            case BackEndFault.TokenExpired:
                Assert.True(e is AdapterException { Kind: FailureKind.Misconfigured }, $"A key that is not taken is Misconfigured; it is {Name(e)}.");
                return;
            case BackEndFault.Refused or BackEndFault.TimeOutBefore or BackEndFault.TimeOutAfter or BackEndFault.TruncatedBody:
                Assert.True(
                    e is AdapterException or HttpRequestException or IOException or OperationCanceledException,
                    $"{fault} must be an AdapterException; it is {Name(e)}.");
                return;
            default:
                Assert.True(e is AdapterException, $"{fault} must be an AdapterException; it is {Name(e)}.");
                return;
        }
    }

    private static string Name(Exception? e) =>
        e is null ? "no failure" : e is AdapterException a ? $"{a.Kind}: {a.Message}" : $"{e.GetType().Name}: {e.Message}";

    private async Task<int> CallsOfASubmissionAsync()
    {
        var bench = NewBench();
        bench.Needs<IRequestSender>();
        var request = await bench.RequestAsync();
        var before = bench.Proxy.Calls;
        Assert.Null(await SubmitAsync(bench, request, new TestAttempt(bench.Clock.GetUtcNow())));
        return bench.Proxy.Calls - before;
    }

    /// <summary>Sends, with a deadline that comes when the back end does not answer.</summary>
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

    /// <summary>Does what the gateway does after a failure; null is a crash.</summary>
    /// <returns>Whether the report counts as sent in the end; false when a person must look.</returns>
    private static async Task<bool> GoOnAsync(Bench bench, ServiceRequest request, TestAttempt attempt, Exception? failure)
    {
        var descriptor = bench.Plugin.Describe();
        var kind = (failure as AdapterException)?.Kind;
        if (kind is FailureKind.Rejected)
        {
            Assert.Equal(0, bench.BackEnd.Created);
            return false;
        }

        // Wrong settings are put right by a person, and then it is tried again.
        var nothingLeft = kind is FailureKind.Transient or FailureKind.NotYet or FailureKind.Misconfigured
            || (kind is null && descriptor.MarksCommit && !attempt.IsCommitMarked);
        if (!nothingLeft && bench.Adapter is ISubmissionFinder finder)
        {
            var finding = await InTimeAsync(finder.FindAsync(request, attempt.Next(), default), "Finding");
            if (finding.Outcome != LookupOutcome.Absent)
                return finding.Outcome == LookupOutcome.Found;
        }
        else if (!nothingLeft && !descriptor.Idempotency.HasFlag(IdempotencySupport.Reports))
        {
            return false;
        }

        var again = await SubmitAsync(bench, request, attempt.Next());
        Assert.True(again is null, $"The next try failed: {Name(again)}");
        return true;
    }
}

using System.Globalization;
using System.Net;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Contracts.Tests;

/// <summary>Tests the adapter test kit: a correct adapter passes, and each faulty one fails the test for its fault.</summary>
public sealed class ConformanceKitTests
{
    private delegate Task Test(Kit kit);

    private static readonly Dictionary<string, (Habit Habit, Test Test)> Faulty = new(StringComparer.Ordinal)
    {
        ["creates the case before marking as committing"] = (Habit.MarksTooLate, k => k.Submit_creates_one_case_and_marks_commit_first()),
        ["classifies a lost response as transient"] = (Habit.LostResponseIsTransient,
            k => k.Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault.TimeOutAfter)),
        ["classifies a truncated response as transient"] = (Habit.LostResponseIsTransient,
            k => k.Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault.TruncatedBody)),
        ["classifies a server error after the creating call as transient"] = (Habit.UnclearIsTransient,
            k => k.Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault.ServerErrorAfter)),
        ["classifies a redirect after the creating call as transient"] = (Habit.UnclearIsTransient,
            k => k.Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault.RedirectAfter)),
        ["classifies a 404 page after the creating call as transient"] = (Habit.UnclearIsTransient,
            k => k.Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault.NotFoundPageAfter)),
        ["accepts an error page"] = (Habit.AcceptsAnything,
            k => k.Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault.ErrorPage)),
        ["ignores rate limiting"] = (Habit.AcceptsAnything,
            k => k.Submit_with_a_fault_is_classified_and_creates_no_duplicate(BackEndFault.TooManyRequests)),
        ["marks as committing too late and crashes"] = (Habit.MarksTooLate, k => k.Submit_after_a_crash_at_any_step_creates_no_duplicate()),
        ["ignores the cancellation token"] = (Habit.IgnoresToken, k => k.Submit_ends_when_its_token_fires()),
        ["publishes an incomplete catalogue"] = (Habit.AcceptsAnything, k => k.GetServices_is_never_silently_incomplete(BackEndFault.TruncatedBody)),
        ["returns a code twice"] = (Habit.DuplicateCodes, k => k.GetServices_returns_valid_services_in_a_stable_order()),
        ["plans depending on the time"] = (Habit.PlansByTime, k => k.Plan_depends_only_on_the_report()),
        ["returns different update ids each time"] = (Habit.UnstableIds, k => k.Collect_returns_stable_update_ids()),
        ["skips an update"] = (Habit.SkipsUpdates, k => k.Collect_from_the_previous_cursor_misses_no_update()),
        ["falsely claims idempotency"] = (Habit.ClaimsIdempotency, k => k.Submit_repeated_creates_no_duplicate_when_the_back_end_is_idempotent()),
    };

    public static TheoryData<string> FaultyHabits => [.. Faulty.Keys];

    public static TheoryData<BackEndFault> Faults => AdapterConformance.Faults;

    [Theory]
    [MemberData(nameof(FaultyHabits))]
    public async Task Faulty_adapter_fails_the_test_for_its_fault(string description)
    {
        var (habit, test) = Faulty[description];

        await test(new Kit(Habit.None) { CorrectCounterpartOf = habit });
        var e = await Record.ExceptionAsync(() => test(new Kit(habit)));

        Assert.True(e is Xunit.Sdk.XunitException or TimeoutException, $"The fault was not detected: {e}");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Correct_adapter_passes_every_fault(BackEndFault fault) =>
        new Kit(Habit.None).Submit_with_a_fault_is_classified_and_creates_no_duplicate(fault);

    private enum Habit
    {
        None,
        MarksTooLate,
        LostResponseIsTransient,
        UnclearIsTransient,
        AcceptsAnything,
        IgnoresToken,
        DuplicateCodes,
        PlansByTime,
        UnstableIds,
        SkipsUpdates,
        ClaimsIdempotency,
    }

    /// <summary>The test kit for an adapter with a fault. Not public, so that the test runner does not discover its tests.</summary>
    private sealed class Kit(Habit habit) : AdapterConformance
    {
        /// <summary>The fault that a correct adapter is compared with. If that is a false claim of idempotency, the back end recognises repeats.</summary>
        public Habit CorrectCounterpartOf { get; init; }

        protected override string Settings => "{}";

        protected override IAdapterPlugin CreatePlugin() => new Plugin(habit, CorrectCounterpartOf == Habit.ClaimsIdempotency);

        protected override BackEndSimulator CreateBackEnd() => new BackEnd(CorrectCounterpartOf == Habit.ClaimsIdempotency);
    }

    private sealed class BackEnd(bool recognises) : BackEndSimulator
    {
        private int _created;

        public override int Created => _created;

        public override Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken ct)
        {
            if (request.Method == HttpMethod.Post)
                _created = recognises ? 1 : _created + 1;
            var body = request.Method == HttpMethod.Post ? $"id={_created};" : string.Concat(Enumerable.Range(1, Entries).Select(i => $"C{i};"));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) });
        }
    }

    private sealed class Plugin(Habit habit, bool repeats) : IAdapterPlugin
    {
        public AdapterDescriptor Describe() =>
            new()
            {
                Title = "Kit",
                MarksCommit = true,
                Idempotency = repeats || habit == Habit.ClaimsIdempotency ? IdempotencySupport.Reports : IdempotencySupport.None,
            };

        public ICouncilAdapter Create(AdapterContext context) => new Adapter(habit, context);
    }

    private sealed class Adapter(Habit habit, AdapterContext context) : IServiceCatalogue, IRequestPlanner, IRequestSender, IUpdateSource
    {
        public async Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct)
        {
            var codes = (await CallAsync(HttpMethod.Get, creates: false, ct)).Split(';', StringSplitOptions.RemoveEmptyEntries);
            return [.. codes.Select(c => new Service { Code = habit == Habit.DuplicateCodes ? "C" : c, Name = c })];
        }

        public RequestPlan Plan(ServiceRequest request) =>
            new() { Facts = new Dictionary<string, string> { ["at"] = habit == Habit.PlansByTime ? context.Time.GetUtcNow().ToString("O") : "always" } };

        public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
        {
            if (habit != Habit.MarksTooLate)
                await attempt.MarkCommittingAsync(ct);
            var answer = await CallAsync(HttpMethod.Post, creates: true, ct);
            if (habit == Habit.MarksTooLate)
                await attempt.MarkCommittingAsync(ct);
            return new Submission { BackEndId = answer };
        }

        public async Task<UpdateBatch> CollectAsync(UpdateWindow from, CancellationToken ct)
        {
            var codes = (await CallAsync(HttpMethod.Get, creates: false, ct)).Split(';', StringSplitOptions.RemoveEmptyEntries);
            var read = from.Cursor is { } cursor ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
            return new UpdateBatch
            {
                Updates =
                [
                    .. codes.Skip(read).Select(c => new CouncilUpdate
                    {
                        UpdateId = habit == Habit.UnstableIds ? Guid.NewGuid().ToString() : c,
                        BackEndId = "1",
                        Status = "open",
                        OccurredAt = from.Start.AddDays(1),
                    }),
                ],
                Cursor = (codes.Length + (habit == Habit.SkipsUpdates ? 1 : 0)).ToString(CultureInfo.InvariantCulture),
            };
        }

        private async Task<string> CallAsync(HttpMethod method, bool creates, CancellationToken ct)
        {
            try
            {
                using var request = new HttpRequestMessage(method, BackEndSimulator.Address);
                using var response =
                    await context.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, habit == Habit.IgnoresToken ? default : ct);
                if (habit != Habit.AcceptsAnything)
                    Check(response, creates && habit != Habit.UnclearIsTransient);
                return await ReadAsync(response, ct);
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                throw AdapterException.Transient("away", innerException: e);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
            {
                throw creates && habit != Habit.LostResponseIsTransient
                    ? AdapterException.OutcomeUnknown("lost", innerException: e)
                    : AdapterException.Transient("lost", innerException: e);
            }
        }

        private async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken ct)
        {
            try
            {
                return await response.Content.ReadAsStringAsync(ct);
            }
            catch (HttpRequestException) when (habit == Habit.AcceptsAnything)
            {
                return "C1;";
            }
        }

        private static void Check(HttpResponseMessage response, bool creates)
        {
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
                throw AdapterException.Transient("busy", slowDown: true);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
                throw AdapterException.Misconfigured("key");
            if (!response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType == "text/html")
                throw creates ? AdapterException.OutcomeUnknown("unclear") : AdapterException.Transient("server error");
        }
    }
}

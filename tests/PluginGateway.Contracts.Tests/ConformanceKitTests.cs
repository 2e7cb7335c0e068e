using System.Globalization;
using System.Net;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Contracts.Tests;

/// <summary>The adapter test kit itself: a good adapter passes, and each bad one is caught by the test that is there for it.</summary>
public sealed class ConformanceKitTests
{
    private delegate Task Test(Kit kit);

    private static readonly Dictionary<string, (Habit Habit, Test Test)> Bad = new(StringComparer.Ordinal)
    {
        ["creates before it stamps"] = (Habit.StampsLate, k => k.It_creates_a_case_and_stamps_before()),
        ["calls a lost answer transient"] = (Habit.LostIsTransient,
            k => k.A_call_that_goes_wrong_is_classified_and_never_makes_a_second_case(BackEndFault.TimeOutAfter)),
        ["calls a cut answer transient"] = (Habit.LostIsTransient,
            k => k.A_call_that_goes_wrong_is_classified_and_never_makes_a_second_case(BackEndFault.TruncatedBody)),
        ["believes an error page"] = (Habit.BelievesAnything,
            k => k.A_call_that_goes_wrong_is_classified_and_never_makes_a_second_case(BackEndFault.ErrorPage)),
        ["does not slow down"] = (Habit.BelievesAnything,
            k => k.A_call_that_goes_wrong_is_classified_and_never_makes_a_second_case(BackEndFault.TooManyRequests)),
        ["stamps late and crashes"] = (Habit.StampsLate, k => k.A_crash_at_any_step_never_makes_a_second_case()),
        ["ignores its token"] = (Habit.IgnoresToken, k => k.It_gives_up_when_its_time_is_up()),
        ["publishes a shorter list"] = (Habit.BelievesAnything, k => k.A_catalogue_that_is_cut_short_is_an_error(BackEndFault.TruncatedBody)),
        ["gives a code twice"] = (Habit.DoubleCodes, k => k.Its_catalogue_is_sane_and_stable()),
        ["plans by the clock"] = (Habit.PlansByClock, k => k.Its_planner_is_pure()),
        ["gives news another id each time"] = (Habit.OtherIds, k => k.Its_updates_have_stable_ids()),
        ["reads on behind an update"] = (Habit.SkipsNews, k => k.Its_cursor_leaves_no_update_out()),
        ["says it repeats safely"] = (Habit.ClaimsRepeat, k => k.A_repeat_that_the_back_end_recognises_creates_nothing()),
    };

    public static TheoryData<string> BadHabits => [.. Bad.Keys];

    public static TheoryData<BackEndFault> Faults => AdapterConformance.Faults;

    [Theory]
    [MemberData(nameof(BadHabits))]
    public async Task A_bad_adapter_is_caught(string what)
    {
        var (habit, test) = Bad[what];

        await test(new Kit(Habit.None) { IsTheOtherHabit = habit });
        var e = await Record.ExceptionAsync(() => test(new Kit(habit)));

        Assert.True(e is Xunit.Sdk.XunitException or TimeoutException, $"not caught: {e}");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public Task A_good_adapter_passes_every_fault(BackEndFault fault) =>
        new Kit(Habit.None).A_call_that_goes_wrong_is_classified_and_never_makes_a_second_case(fault);

    private enum Habit
    {
        None,
        StampsLate,
        LostIsTransient,
        BelievesAnything,
        IgnoresToken,
        DoubleCodes,
        PlansByClock,
        OtherIds,
        SkipsNews,
        ClaimsRepeat,
    }

    /// <summary>The kit for an adapter with a habit. Not public, so that its tests are run by these only.</summary>
    private sealed class Kit(Habit habit) : AdapterConformance
    {
        /// <summary>A good adapter whose back end recognises repeats where the bad one only claims so.</summary>
        public Habit IsTheOtherHabit { get; init; }

        protected override string Settings => "{}";

        protected override IAdapterPlugin CreatePlugin() => new Plugin(habit, IsTheOtherHabit == Habit.ClaimsRepeat);

        protected override BackEndSimulator CreateBackEnd() => new BackEnd(IsTheOtherHabit == Habit.ClaimsRepeat);
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
            new() { Title = "Kit", MarksCommit = true, Idempotency = repeats || habit == Habit.ClaimsRepeat ? IdempotencySupport.Reports : IdempotencySupport.None };

        public ICouncilAdapter Create(AdapterContext context) => new Adapter(habit, context);
    }

    private sealed class Adapter(Habit habit, AdapterContext context) : IServiceCatalogue, IRequestPlanner, IRequestSender, IUpdateSource
    {
        public async Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct)
        {
            var codes = (await CallAsync(HttpMethod.Get, creates: false, ct)).Split(';', StringSplitOptions.RemoveEmptyEntries);
            return [.. codes.Select(c => new Service { Code = habit == Habit.DoubleCodes ? "C" : c, Name = c })];
        }

        public RequestPlan Plan(ServiceRequest request) =>
            new() { Facts = new Dictionary<string, string> { ["at"] = habit == Habit.PlansByClock ? context.Time.GetUtcNow().ToString("O") : "always" } };

        public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
        {
            if (habit != Habit.StampsLate)
                await attempt.MarkCommittingAsync(ct);
            var answer = await CallAsync(HttpMethod.Post, creates: true, ct);
            if (habit == Habit.StampsLate)
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
                        UpdateId = habit == Habit.OtherIds ? Guid.NewGuid().ToString() : c, BackEndId = "1", Status = "open", OccurredAt = from.Start.AddDays(1),
                    }),
                ],
                Cursor = (codes.Length + (habit == Habit.SkipsNews ? 1 : 0)).ToString(CultureInfo.InvariantCulture),
            };
        }

        private async Task<string> CallAsync(HttpMethod method, bool creates, CancellationToken ct)
        {
            try
            {
                using var request = new HttpRequestMessage(method, BackEndSimulator.Address);
                using var response =
                    await context.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, habit == Habit.IgnoresToken ? default : ct);
                if (habit != Habit.BelievesAnything)
                    Check(response);
                return await ReadAsync(response, ct);
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                throw AdapterException.Transient("away", innerException: e);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
            {
                throw creates && habit != Habit.LostIsTransient
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
            catch (HttpRequestException) when (habit == Habit.BelievesAnything)
            {
                return "C1;";
            }
        }

        private static void Check(HttpResponseMessage response)
        {
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
                throw AdapterException.Transient("busy", slowDown: true);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
                throw AdapterException.Misconfigured("key");
            if (!response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType == "text/html")
                throw AdapterException.Transient("trouble");
        }
    }
}

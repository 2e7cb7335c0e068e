using Microsoft.Extensions.Time.Testing;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests the limits on adapter calls and the faults counted against a plug-in, with a clock that only the test advances.</summary>
public sealed class AdapterCallerTests : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    /// <summary>The maximum number of running calls: twice the limit of the back end.</summary>
    private const int MaxRunningCalls = 8;

    private readonly FakeTimeProvider _clock = new(Some.Time);
    private readonly GatewayApp _gateway;
    private readonly ScriptedPlugin _plugin = new();
    private BackEnd _backEnd = null!;
    private AdapterCaller _caller = null!;

    public AdapterCallerTests() => _gateway = new GatewayApp().Clock(_clock);

    public async ValueTask InitializeAsync()
    {
        _gateway.Council("c", """{ "jurisdictionId": "c", "name": "C", "mode": "queued", "backends": { "b": { "adapter": "free", "settings": {} } } }""");
        await _gateway.StartAsync();
        _gateway.Get<PluginCatalog>().AddBuiltIn("free", _plugin);
        _backEnd = _gateway.Get<CouncilDirectory>().Current.Councils.Single().BackEnds["b"];
        _caller = _gateway.Get<AdapterCaller>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Blocking_adapter_occupies_a_limited_number_of_threads(bool afterYield)
    {
        var entered = 0;
        using var release = new ManualResetEventSlim();
        _plugin.Read = async _ =>
        {
            if (afterYield)
                await Task.Yield();
            Interlocked.Increment(ref entered);
            release.Wait(CancellationToken.None);
            return new RequestPage();
        };
        try
        {
            var calls = Enumerable.Range(0, 3 * MaxRunningCalls).Select(_ => CallAsync()).ToList();
            await Eventually.TrueAsync(() => entered == MaxRunningCalls, "the maximum number of calls is running");
            await AdvanceUntilAsync(Task.WhenAll(calls));
            var outcomes = calls.ConvertAll(c => c.GetAwaiter().GetResult());

            Assert.Equal(MaxRunningCalls, entered);
            Assert.Equal(MaxRunningCalls, outcomes.OfType<AdapterOutcome<RequestPage>.Failed>().Count(f => f.Failure.Detail == "time-out"));
            var stuck = outcomes.OfType<AdapterOutcome<RequestPage>.Unavailable>().ToList();
            Assert.Equal(2 * MaxRunningCalls, stuck.Count);
            Assert.All(stuck, a =>
                Assert.Equal(
                    (UnavailableReason.Stuck, "The adapter free is not called for c/b: 8 calls are running, and none of them ended before the deadline."),
                    (a.Reason, a.Message)));
        }
        finally
        {
            release.Set();
        }

        await Eventually.TrueAsync(async () => await CallAsync() is AdapterOutcome<RequestPage>.Answered, "the adapter is called again");
    }

    [Fact]
    public async Task Adapter_with_calls_that_never_end_is_not_called_until_they_end()
    {
        var never = new TaskCompletionSource<RequestPage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _plugin.Read = _ => never.Task;
        await AdvanceUntilAsync(Task.WhenAll(Enumerable.Range(0, MaxRunningCalls).Select(_ => CallAsync())));

        var refused = Assert.IsType<AdapterOutcome<RequestPage>.Unavailable>(await CallAsync());
        Assert.Equal("The adapter free is not called for c/b: 8 calls exceeded their deadline and have not returned.", refused.Message);
        // Its capabilities are still known. Only reading hangs, so sending remains possible.
        Assert.True(_caller.Has<IRequestSource>(_backEnd));
        Assert.False(_caller.IsUnavailable(_backEnd));
        Assert.False(_caller.CannotSend(_backEnd));

        never.SetResult(new RequestPage());
        await Eventually.TrueAsync(async () => await CallAsync() is AdapterOutcome<RequestPage>.Answered, "the adapter is called again");
    }

    [Fact]
    public async Task Hanging_sender_gets_no_further_calls()
    {
        var never = new TaskCompletionSource<Submission>(TaskCreationOptions.RunContinuationsAsynchronously);
        await AdvanceUntilAsync(
            Task.WhenAll(
                Enumerable.Range(0, MaxRunningCalls)
                    .Select(_ => _caller.CallAsync<IRequestSender, Submission>(_backEnd, Within, (_, _) => never.Task, late: null, default))));

        Assert.True(_caller.CannotSend(_backEnd));
        Assert.IsType<AdapterOutcome<RequestPage>.Answered>(await CallAsync());
        never.SetResult(new Submission());
        await Eventually.TrueAsync(() => !_caller.CannotSend(_backEnd), "sending is possible again");
    }

    [Fact]
    public async Task Creation_of_a_token_is_shared_and_each_caller_waits_within_its_time_limit()
    {
        var (created, creations) = (new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        _plugin.Read = async ct => new RequestPage
        {
            NextPageToken = await _plugin.Context!.State.GetOrAddAsync(
                "token",
                async _ =>
                {
                    Interlocked.Increment(ref creations);
                    return new AdapterStateValue { Value = await created.Task, Lifetime = TimeSpan.FromHours(1) };
                },
                ct),
        };
        var first = CallAsync();
        await Eventually.TrueAsync(() => creations == 1, "the first call creates the token");
        var second = CallAsync();
        await AdvanceUntilAsync(Task.WhenAll(first, second));
        Assert.All([await first, await second], o => Assert.Equal("time-out", Assert.IsType<AdapterOutcome<RequestPage>.Failed>(o).Failure.Detail));

        created.SetResult("value");
        await Eventually.TrueAsync(
            async () => await CallAsync() is AdapterOutcome<RequestPage>.Answered { Value.NextPageToken: "value" }, "the late value is used");
        Assert.Equal(1, creations);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException), 1)]
    [InlineData(typeof(NullReferenceException), 1)]
    [InlineData(typeof(HttpRequestException), 0)]
    [InlineData(typeof(IOException), 0)]
    [InlineData(typeof(System.Text.Json.JsonException), 0)]
    [InlineData(typeof(TestDatabaseException), 0)]
    public async Task Only_bugs_of_the_plug_in_count_as_faults(Type exception, int faults)
    {
        _plugin.Read = _ => throw (Exception)Activator.CreateInstance(exception)!;

        Assert.IsType<AdapterOutcome<RequestPage>.Failed>(await CallAsync());

        Assert.Equal(faults, _gateway.Get<PluginCatalog>().Find("free")!.Faults.Recent);
    }

    [Fact]
    public async Task Results_are_copied_from_the_lists_of_the_plug_in()
    {
        var own = new List<CouncilRequest> { new() { BackEndId = "1", Status = "open", RequestedAt = default, UpdatedAt = default, MediaUrls = new List<Uri>() } };
        _plugin.Read = _ => Task.FromResult(new RequestPage { Requests = own });

        var page = Assert.IsType<AdapterOutcome<RequestPage>.Answered>(await CallAsync()).Value;
        own.Clear();

        Assert.Equal("1", Assert.Single(page.Requests).BackEndId);
        Assert.IsType<Uri[]>(page.Requests[0].MediaUrls);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private Task<AdapterOutcome<RequestPage>> CallAsync() =>
        _caller.CallAsync<IRequestSource, RequestPage>(_backEnd, Within, static (a, ct) => a.GetRequestsAsync(new RequestQuery(), ct), late: null, default);

    /// <summary>Advances the clock until a task ends.</summary>
    private Task AdvanceUntilAsync(Task task) => Eventually.TrueAsync(
        () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return task.IsCompleted;
        },
        "the task ends at its time limit");

    private sealed class TestDatabaseException : System.Data.Common.DbException;

    /// <summary>An adapter that the test scripts.</summary>
    private sealed class ScriptedPlugin : IAdapterPlugin, IRequestSource, IRequestSender
    {
        public Func<CancellationToken, Task<RequestPage>> Read { get; set; } = static _ => Task.FromResult(new RequestPage());

        public AdapterContext? Context { get; private set; }

        public AdapterDescriptor Describe() => new() { Title = "Free" };

        public ICouncilAdapter Create(AdapterContext context)
        {
            // Keeps the first context: other adapters are created to check the council file.
            Context ??= context;
            return this;
        }

        public Task<RequestPage> GetRequestsAsync(RequestQuery query, CancellationToken ct) => Read(ct);

        public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct) => Task.FromResult(new Submission());
    }
}

using Microsoft.Extensions.Time.Testing;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>What an adapter may keep of the gateway that calls it, and what is held against it, on a clock that moves when told to.</summary>
public sealed class AdapterCallerTests : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    /// <summary>Twice the limit of the back end.</summary>
    private const int Places = 8;

    private readonly FakeTimeProvider _clock = new(Some.Time);
    private readonly GatewayApp _gateway;
    private readonly FreePlugin _plugin = new();
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
    public async Task An_adapter_that_blocks_keeps_so_many_threads_and_no_more(bool afterItWaited)
    {
        var entered = 0;
        using var release = new ManualResetEventSlim();
        _plugin.Read = async _ =>
        {
            if (afterItWaited)
                await Task.Yield();
            Interlocked.Increment(ref entered);
            release.Wait(CancellationToken.None);
            return new RequestPage();
        };
        try
        {
            var calls = Enumerable.Range(0, 3 * Places).Select(_ => CallAsync()).ToList();
            await Eventually.TrueAsync(() => entered == Places, "as many as may are inside");
            await PassAsync(Task.WhenAll(calls));
            var outcomes = calls.ConvertAll(c => c.GetAwaiter().GetResult());

            Assert.Equal(Places, entered);
            Assert.Equal(Places, outcomes.OfType<AdapterOutcome<RequestPage>.Failed>().Count(f => f.Failure.Detail == "time-out"));
            var stuck = outcomes.OfType<AdapterOutcome<RequestPage>.Unavailable>().ToList();
            Assert.Equal(2 * Places, stuck.Count);
            Assert.All(stuck, a =>
                Assert.Equal(
                    (UnavailableReason.Stuck, "the adapter free is not called for c/b: 8 calls are running and did not end in its time"), (a.Reason, a.Message)));
        }
        finally
        {
            release.Set();
        }

        await Eventually.TrueAsync(async () => await CallAsync() is AdapterOutcome<RequestPage>.Answered, "it is called again");
    }

    [Fact]
    public async Task An_adapter_whose_calls_never_end_is_not_called_any_more_until_they_do()
    {
        var never = new TaskCompletionSource<RequestPage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _plugin.Read = _ => never.Task;
        await PassAsync(Task.WhenAll(Enumerable.Range(0, Places).Select(_ => CallAsync())));

        var refused = Assert.IsType<AdapterOutcome<RequestPage>.Unavailable>(await CallAsync());
        Assert.Equal("the adapter free is not called for c/b: 8 calls were given up and have not ended", refused.Message);
        // What it can do is known all the same, and what hangs is reading: it may be sent to.
        Assert.True(_caller.Has<IRequestSource>(_backEnd));
        Assert.False(_caller.IsUnavailable(_backEnd));
        Assert.False(_caller.CannotSend(_backEnd));

        never.SetResult(new RequestPage());
        await Eventually.TrueAsync(async () => await CallAsync() is AdapterOutcome<RequestPage>.Answered, "it is called again");
    }

    [Fact]
    public async Task A_sender_that_hangs_is_sent_nothing_more()
    {
        var never = new TaskCompletionSource<Submission>(TaskCreationOptions.RunContinuationsAsynchronously);
        await PassAsync(
            Task.WhenAll(
                Enumerable.Range(0, Places)
                    .Select(_ => _caller.CallAsync<IRequestSender, Submission>(_backEnd, Within, (_, _) => never.Task, late: null, default))));

        Assert.True(_caller.CannotSend(_backEnd));
        Assert.IsType<AdapterOutcome<RequestPage>.Answered>(await CallAsync());
        never.SetResult(new Submission());
        await Eventually.TrueAsync(() => !_caller.CannotSend(_backEnd), "it may be sent to again");
    }

    [Fact]
    public async Task Making_a_token_is_waited_for_by_all_who_need_it_and_by_each_no_longer_than_it_may()
    {
        var (made, making) = (new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        _plugin.Read = async ct => new RequestPage
        {
            NextPageToken = await _plugin.Context!.State.GetOrAddAsync(
                "token",
                async _ =>
                {
                    Interlocked.Increment(ref making);
                    return new AdapterStateValue { Value = await made.Task, Lifetime = TimeSpan.FromHours(1) };
                },
                ct),
        };
        var first = CallAsync();
        await Eventually.TrueAsync(() => making == 1, "the first one makes it");
        var second = CallAsync();
        await PassAsync(Task.WhenAll(first, second));
        Assert.All([await first, await second], o => Assert.Equal("time-out", Assert.IsType<AdapterOutcome<RequestPage>.Failed>(o).Failure.Detail));

        made.SetResult("value");
        await Eventually.TrueAsync(
            async () => await CallAsync() is AdapterOutcome<RequestPage>.Answered { Value.NextPageToken: "value" }, "the value that came late is used");
        Assert.Equal(1, making);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException), 1)]
    [InlineData(typeof(NullReferenceException), 1)]
    [InlineData(typeof(HttpRequestException), 0)]
    [InlineData(typeof(IOException), 0)]
    [InlineData(typeof(System.Text.Json.JsonException), 0)]
    [InlineData(typeof(TestDatabaseException), 0)]
    public async Task Only_the_plug_ins_own_errors_are_held_against_it(Type exception, int faults)
    {
        _plugin.Read = _ => throw (Exception)Activator.CreateInstance(exception)!;

        Assert.IsType<AdapterOutcome<RequestPage>.Failed>(await CallAsync());

        Assert.Equal(faults, _gateway.Get<PluginCatalog>().Find("free")!.Faults.Recent);
    }

    [Fact]
    public async Task Nothing_of_the_plug_ins_own_lists_leaves_the_call()
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

    /// <summary>Lets time pass until something ends.</summary>
    private Task PassAsync(Task task) => Eventually.TrueAsync(
        () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return task.IsCompleted;
        },
        "it ends with its time");

    private sealed class TestDatabaseException : System.Data.Common.DbException;

    /// <summary>An adapter that does what the test wants.</summary>
    private sealed class FreePlugin : IAdapterPlugin, IRequestSource, IRequestSender
    {
        public Func<CancellationToken, Task<RequestPage>> Read { get; set; } = static _ => Task.FromResult(new RequestPage());

        public AdapterContext? Context { get; private set; }

        public AdapterDescriptor Describe() => new() { Title = "Free" };

        public ICouncilAdapter Create(AdapterContext context)
        {
            // The first: others are made to check the council's file.
            Context ??= context;
            return this;
        }

        public Task<RequestPage> GetRequestsAsync(RequestQuery query, CancellationToken ct) => Read(ct);

        public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct) => Task.FromResult(new Submission());
    }
}

using PluginGateway.Contracts;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>What an adapter may keep of the gateway that calls it, and what is held against it, on a clock that moves when told to.</summary>
public sealed class AdapterCallerTests : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    private readonly ManualTimeProvider _clock = new();
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

    [Fact]
    public async Task An_adapter_that_blocks_keeps_so_many_threads_and_no_more()
    {
        var entered = 0;
        using var release = new ManualResetEventSlim();
        _plugin.Read = _ =>
        {
            Interlocked.Increment(ref entered);
            release.Wait(CancellationToken.None);
            return Task.FromResult(new RequestPage());
        };
        try
        {
            var calls = Enumerable.Range(0, 3 * CallGate.Threads).Select(_ => CallAsync()).ToList();
            await Eventually.TrueAsync(() => entered == CallGate.Threads, "as many as may are inside");
            await PassAsync(Task.WhenAll(calls));
            var outcomes = calls.ConvertAll(c => c.GetAwaiter().GetResult());

            Assert.Equal(CallGate.Threads, entered);
            Assert.Equal(CallGate.Threads, outcomes.OfType<AdapterOutcome<RequestPage>.Failed>().Count(f => f.Failure.Detail == "time-out"));
            var stuck = outcomes.OfType<AdapterOutcome<RequestPage>.Away>().ToList();
            Assert.Equal(2 * CallGate.Threads, stuck.Count);
            Assert.All(stuck, a => Assert.Equal((AwayReason.Stuck, "the adapter free is not called for c/b: its calls keep 8 threads and do not give them back"), (a.Reason, a.Message)));
        }
        finally
        {
            release.Set();
        }

        Assert.IsType<AdapterOutcome<RequestPage>.Answered>(await CallAsync());
    }

    [Fact]
    public async Task An_adapter_whose_calls_never_end_is_not_called_any_more_until_they_do()
    {
        var never = new TaskCompletionSource<RequestPage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _plugin.Read = _ => never.Task;
        await PassAsync(Task.WhenAll(Enumerable.Range(0, CallGate.Unended).Select(_ => CallAsync())));

        var refused = Assert.IsType<AdapterOutcome<RequestPage>.Away>(await CallAsync());
        Assert.Equal("the adapter free is not called for c/b: 64 calls were given up and have not ended", refused.Message);
        Assert.True(_caller.IsAway(_backEnd));

        never.SetResult(new RequestPage());
        await Eventually.TrueAsync(() => !_caller.IsAway(_backEnd), "it may be called again");
        Assert.IsType<AdapterOutcome<RequestPage>.Answered>(await CallAsync());
    }

    [Fact]
    public async Task Making_a_token_that_never_ends_does_not_keep_the_next_from_making_one()
    {
        var never = new TaskCompletionSource<string>();
        _plugin.Read = async _ => new RequestPage { Next = await _plugin.Context!.State.GetOrAddAsync("token", TimeSpan.FromHours(1), _ => never.Task, _plugin.Token) };
        await PassAsync(CallAsync());

        _plugin.Read = async ct => new RequestPage { Next = await _plugin.Context!.State.GetOrAddAsync("token", TimeSpan.FromHours(1), _ => Task.FromResult("made"), ct) };

        Assert.Equal("made", Assert.IsType<AdapterOutcome<RequestPage>.Answered>(await CallAsync()).Value.Next);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException), 1)]
    [InlineData(typeof(NullReferenceException), 1)]
    [InlineData(typeof(HttpRequestException), 0)]
    [InlineData(typeof(IOException), 0)]
    [InlineData(typeof(System.Text.Json.JsonException), 0)]
    [InlineData(typeof(TestDatabaseException), 0)]
    public async Task Only_the_plug_ins_own_mistakes_are_held_against_it(Type exception, int faults)
    {
        _plugin.Read = _ => throw (Exception)Activator.CreateInstance(exception)!;

        Assert.IsType<AdapterOutcome<RequestPage>.Failed>(await CallAsync());

        Assert.Equal(faults, _gateway.Get<PluginCatalog>().Find("free")!.Faults.Recent);
    }

    [Fact]
    public async Task Nothing_of_the_plug_ins_own_lists_leaves_the_call()
    {
        var own = new List<CouncilRequest> { new() { BackEndId = "1", Status = "open", Requested = default, Updated = default, MediaUrls = new List<Uri>() } };
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
    private sealed class FreePlugin : IAdapterPlugin, IRequestSource
    {
        public Func<CancellationToken, Task<RequestPage>> Read { get; set; } = static _ => Task.FromResult(new RequestPage());

        public AdapterContext? Context { get; private set; }

        public CancellationToken Token { get; private set; }

        public AdapterDescriptor Describe() => new() { Title = "Free" };

        public ICouncilAdapter Create(AdapterContext context)
        {
            Context = context;
            return this;
        }

        public Task<RequestPage> GetRequestsAsync(RequestQuery query, CancellationToken ct)
        {
            Token = ct;
            return Read(ct);
        }
    }
}

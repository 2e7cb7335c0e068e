using PluginGateway.Contracts;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Sending;

/// <summary>Tests that planning never fails or delays the acceptance of a report.</summary>
public sealed class PlannerTests : IAsyncLifetime
{
    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await StoreWorld.CreateAsync([]);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Plan_of_the_adapter_is_returned_without_its_preview()
    {
        Script(() => new RequestPlan { Facts = new Dictionary<string, string> { ["Team"] = "Bins" }, Preview = "<xml/>" });

        var plan = await PlanAsync();

        Assert.Equal(("Bins", null), (plan!.Facts["Team"], plan.Preview));
    }

    [Fact]
    public async Task Adapter_without_a_planner_is_not_called()
    {
        var adapter = new ScriptedAdapter().Into(_world.Get<PluginCatalog>());

        Assert.Null(await PlanAsync());
        Assert.Empty(adapter.Calls);
    }

    [Fact]
    public async Task Failing_planner_returns_no_plan()
    {
        var adapter = Script(() => throw new InvalidOperationException("A bug"));

        Assert.Null(await PlanAsync());
        Assert.Equal(["plan"], adapter.Calls);
    }

    [Fact]
    public async Task Hanging_planner_is_abandoned_and_limited_to_four_calls()
    {
        using var release = new ManualResetEventSlim();
        await using var world = await StoreWorld.CreateAsync(["--Sending:PlanWithin=00:00:00.001"]);
        var adapter = new ScriptedAdapter
        {
            Plan = () =>
            {
                release.Wait();
                return new RequestPlan();
            },
        }.Into(world.Get<PluginCatalog>());

        for (var i = 0; i < 6; i++)
            Assert.Null(await world.Get<Planner>().PlanAsync(world.Main, Some.Request(), default));
        await Eventually.TrueAsync(() => adapter.Calls.Count == 4, "four calls are hanging");

        // When they have ended, the planner is called again.
        release.Set();
        adapter.Plan = () => new RequestPlan();
        await Eventually.TrueAsync(
            async () =>
            {
                await world.Get<Planner>().PlanAsync(world.Main, Some.Request(), default);
                return adapter.Calls.Count > 4;
            },
            "the planner is called again");
    }

    private ScriptedAdapter Script(Func<RequestPlan> plan) => new ScriptedAdapter { Plan = plan }.Into(_world.Get<PluginCatalog>());

    private Task<RequestPlan?> PlanAsync() => _world.Get<Planner>().PlanAsync(_world.Main, Some.Request(), default);
}

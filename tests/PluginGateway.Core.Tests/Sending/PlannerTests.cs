using PluginGateway.Contracts;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Sending;

/// <summary>A plan never makes an accept fail, and never holds it up for long.</summary>
public sealed class PlannerTests : IAsyncLifetime
{
    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await StoreWorld.CreateAsync([]);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task The_plan_is_the_adapter_s_without_its_preview()
    {
        Script(() => new RequestPlan { Facts = new Dictionary<string, string> { ["Team"] = "Bins" }, Preview = "<xml/>" });

        var plan = await PlanAsync();

        Assert.Equal(("Bins", null), (plan!.Facts["Team"], plan.Preview));
    }

    [Fact]
    public async Task An_adapter_that_does_not_plan_is_not_asked()
    {
        var adapter = new ScriptedAdapter().Into(_world.Get<PluginCatalog>());

        Assert.Null(await PlanAsync());
        Assert.Empty(adapter.Calls);
    }

    [Fact]
    public async Task A_planner_that_fails_gives_no_plan()
    {
        var adapter = Script(() => throw new InvalidOperationException("A bug"));

        Assert.Null(await PlanAsync());
        Assert.Equal(["plan"], adapter.Calls);
    }

    [Fact]
    public async Task A_planner_that_hangs_is_not_waited_for_and_not_asked_more_than_four_times()
    {
        using var hangs = new ManualResetEventSlim();
        await using var world = await StoreWorld.CreateAsync(["--Sending:PlanWithin=00:00:00.001"]);
        var adapter = new ScriptedAdapter
        {
            Plan = () =>
            {
                hangs.Wait();
                return new RequestPlan();
            },
        }.Into(world.Get<PluginCatalog>());

        for (var i = 0; i < 6; i++)
            Assert.Null(await world.Get<Planner>().PlanAsync(world.Main, Some.Request(), default));
        await Eventually.TrueAsync(() => adapter.Calls.Count == 4, "four calls hang");

        // Once they have ended there is room again.
        hangs.Set();
        adapter.Plan = () => new RequestPlan();
        await Eventually.TrueAsync(
            async () =>
            {
                await world.Get<Planner>().PlanAsync(world.Main, Some.Request(), default);
                return adapter.Calls.Count > 4;
            },
            "it is asked again");
    }

    private ScriptedAdapter Script(Func<RequestPlan> plan) => new ScriptedAdapter { Plan = plan }.Into(_world.Get<PluginCatalog>());

    private Task<RequestPlan?> PlanAsync() => _world.Get<Planner>().PlanAsync(_world.Main, Some.Request(), default);
}

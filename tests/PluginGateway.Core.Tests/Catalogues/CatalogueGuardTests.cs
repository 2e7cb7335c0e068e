using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Catalogues;

public sealed class CatalogueGuardTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private DateTimeOffset _now = Some.Time;

    [Fact]
    public void Missing_service_is_removed_after_three_readings_an_hour_apart()
    {
        var state = Read(null, 20);

        state = Read(state, 19);
        Assert.Equal(20, state.Served.Count);
        state = Read(state, 19, TimeSpan.FromMinutes(10));
        Assert.Equal(1, state.Readings);
        state = Read(state, 19, Hour);
        Assert.Equal((20, 2), (state.Served.Count, state.Readings));
        state = Read(state, 19, Hour);
        Assert.Equal(19, state.Served.Count);
    }

    [Fact]
    public void Service_that_reappears_resets_the_count()
    {
        var state = Read(Read(Read(null, 20), 19, Hour), 19, Hour);

        state = Read(state, 20, Hour);

        Assert.Empty(state.Missing);
        Assert.Equal(1, Read(state, 19, Hour).Readings);
    }

    [Fact]
    public void More_than_ten_percent_is_removed_only_after_confirmation()
    {
        var state = Read(null, 20);
        for (var i = 0; i < 10; i++)
            state = Read(state, 15, Hour);

        Assert.Equal(20, state.Served.Count);
        Assert.Equal(15, CatalogueGuard.Accept(state).Served.Count);
    }

    [Fact]
    public void Empty_list_never_replaces_a_filled_one()
    {
        var state = Read(null, 1);
        for (var i = 0; i < 10; i++)
            state = Read(state, 0, Hour);

        Assert.Single(state.Served);
    }

    [Fact]
    public void New_and_changed_services_are_served_immediately()
    {
        var state = CatalogueGuard.Merge(Read(null, 3), [.. Services(2), new Service { Code = "NEW", Name = "New" }], _now);

        Assert.Equal(["0", "1", "2", "NEW"], state.Served.Select(s => s.Code).Order(StringComparer.Ordinal));
    }

    private CatalogueState Read(CatalogueState? before, int count, TimeSpan? later = null)
    {
        _now += later ?? TimeSpan.Zero;
        return CatalogueGuard.Merge(before, Services(count), _now);
    }

    private static List<Service> Services(int count) =>
        [.. Enumerable.Range(0, count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Select(c => new Service { Code = c, Name = c })];
}

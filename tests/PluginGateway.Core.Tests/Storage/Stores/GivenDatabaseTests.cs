using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>A server on which the tests may not create a database: the one they are given serves each in turn, if its name allows that.</summary>
public sealed class GivenDatabaseTests(SqlServerDoubleFixture fixture) : IClassFixture<SqlServerDoubleFixture>
{
    [Fact]
    public async Task It_is_empty_each_time()
    {
        var given = TestStore.Create(fixture.Server.ConnectionString);
        for (var i = 0; i < 2; i++)
        {
            await using var world = await StoreWorld.CreateAsync(TestStore.SettingsFor(TestStore.Emptied(given)));
            Assert.Equal(0, await world.CountAsync("report"));
            await world.AcceptAsync("a reference");
            Assert.Equal(1, await world.CountAsync("report"));
        }
    }

    [Fact]
    public void One_that_may_be_in_use_is_left_alone() =>
        Assert.Contains(
            "for tests", Assert.Throws<InvalidOperationException>(() => TestStore.Emptied("Server=nowhere;Initial Catalog=gateway")).Message,
            StringComparison.Ordinal);
}

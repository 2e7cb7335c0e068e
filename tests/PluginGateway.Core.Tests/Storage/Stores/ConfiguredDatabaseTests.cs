using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>Tests the case in which the tests may not create databases: the configured one is emptied and reused, if its name allows that.</summary>
public sealed class ConfiguredDatabaseTests(SqlServerDoubleFixture fixture) : IClassFixture<SqlServerDoubleFixture>
{
    [Fact]
    public async Task Database_is_emptied_before_each_use()
    {
        var given = TestStore.Create(fixture.Server.ConnectionString);
        for (var i = 0; i < 2; i++)
        {
            await using var world = await StoreWorld.CreateAsync(TestStore.SettingsFor(TestStore.EmptyDatabase(given)));
            Assert.Equal(0, await world.CountAsync("report"));
            await world.AcceptAsync("a reference");
            Assert.Equal(1, await world.CountAsync("report"));
        }
    }

    [Fact]
    public void Database_without_test_in_its_name_is_rejected() =>
        Assert.Contains(
            "for tests", Assert.Throws<InvalidOperationException>(() => TestStore.EmptyDatabase("Server=nowhere;Initial Catalog=gateway")).Message,
            StringComparison.Ordinal);
}

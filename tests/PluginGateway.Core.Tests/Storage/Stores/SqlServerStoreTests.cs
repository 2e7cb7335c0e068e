using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>SQL Server, where there is one.</summary>
public sealed class SqlServerStoreTests : StoreTests
{
    protected override IEnumerable<string> Settings()
    {
        Assert.SkipUnless(TestStore.IsSqlServer, TestStore.NoServer);
        return TestStore.SettingsInTurn();
    }
}

/// <summary>SQL Server's dialect through the real client, against the double: everything but how a server locks and plans.</summary>
public sealed class SqlServerDoubleStoreTests(SqlServerDoubleFixture fixture) : StoreTests, IClassFixture<SqlServerDoubleFixture>
{
    protected override IEnumerable<string> Settings() =>
        TestStore.SettingsFor(TestStore.Create(fixture.Server.ConnectionString));
}

/// <summary>One double for a class of tests.</summary>
public sealed class SqlServerDoubleFixture : IAsyncDisposable
{
    public SqlServerDouble Server { get; } = new();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

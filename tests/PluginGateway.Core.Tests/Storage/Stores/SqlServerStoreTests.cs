using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>Runs the store tests on SQL Server, if one is configured.</summary>
public sealed class SqlServerStoreTests : StoreTests
{
    protected override IEnumerable<string> Settings()
    {
        Assert.SkipUnless(TestStore.IsSqlServer, TestStore.NoServer);
        return TestStore.SharedSettings();
    }
}

/// <summary>Runs the store tests on the double with the real client: SQL Server's dialect without its locking and query plans.</summary>
public sealed class SqlServerDoubleStoreTests(SqlServerDoubleFixture fixture) : StoreTests, IClassFixture<SqlServerDoubleFixture>
{
    protected override IEnumerable<string> Settings() =>
        TestStore.SettingsFor(TestStore.Create(fixture.Server.ConnectionString));
}

/// <summary>Provides one double for a test class.</summary>
public sealed class SqlServerDoubleFixture : IAsyncDisposable
{
    public SqlServerDouble Server { get; } = new();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

using System.Data;
using PluginGateway.Core.Storage.Sqlite;

namespace PluginGateway.Core.Tests.Storage;

public sealed class IdleReadersTests
{
    private readonly IdleReaders _readers = new();

    [Fact]
    public async Task Take_returns_the_most_recently_returned_reader()
    {
        var (first, second) = (await OpenAsync(), await OpenAsync());
        Assert.Null(_readers.Take(out var round));
        Assert.True(_readers.Return(first, round));
        Assert.True(_readers.Return(second, round));

        Assert.Same(second, _readers.Take(out _));
        Assert.Same(first, _readers.Take(out _));
        Assert.Null(_readers.Take(out _));
    }

    [Fact]
    public async Task Close_discards_all_existing_readers()
    {
        var (idle, taken, added) = (await OpenAsync(), await OpenAsync(), await OpenAsync());
        _readers.Take(out var before);
        _readers.Return(idle, before);
        _readers.Close(permanently: false);

        Assert.Equal(ConnectionState.Closed, idle.State);
        Assert.False(_readers.Return(taken, before));
        Assert.Null(_readers.Take(out var after));
        Assert.True(_readers.Return(added, after));
        _readers.Close(permanently: true);
        Assert.Null(_readers.Take(out var end));
        Assert.False(_readers.Return(taken, end));
    }

    [Fact]
    public async Task Number_of_idle_readers_is_limited()
    {
        var kept = 0;
        for (var i = 0; i < 20; i++)
        {
            var connection = await OpenAsync();
            if (_readers.Return(connection, 0))
                kept++;
            else
                await connection.DisposeAsync();
        }

        Assert.Equal(16, kept);
        _readers.Close(permanently: true);
    }

    private static async Task<PreparingConnection> OpenAsync()
    {
        var connection = new PreparingConnection("Data Source=:memory:");
        await connection.OpenAsync();
        return connection;
    }
}

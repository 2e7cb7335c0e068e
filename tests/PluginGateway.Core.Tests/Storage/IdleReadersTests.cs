using System.Data;
using PluginGateway.Core.Storage.Sqlite;

namespace PluginGateway.Core.Tests.Storage;

public sealed class IdleReadersTests
{
    private readonly IdleReaders _readers = new();

    [Fact]
    public async Task The_one_that_came_back_last_goes_out_first()
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
    public async Task After_trouble_none_of_before_is_kept()
    {
        var (idle, isOut, fresh) = (await OpenAsync(), await OpenAsync(), await OpenAsync());
        _readers.Take(out var before);
        _readers.Return(idle, before);
        _readers.Close(forGood: false);

        Assert.Equal(ConnectionState.Closed, idle.State);
        Assert.False(_readers.Return(isOut, before));
        Assert.Null(_readers.Take(out var after));
        Assert.True(_readers.Return(fresh, after));
        _readers.Close(forGood: true);
        Assert.Null(_readers.Take(out var end));
        Assert.False(_readers.Return(isOut, end));
    }

    [Fact]
    public async Task There_is_a_most_that_are_kept()
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
        _readers.Close(forGood: true);
    }

    private static async Task<PreparingConnection> OpenAsync()
    {
        var connection = new PreparingConnection("Data Source=:memory:");
        await connection.OpenAsync();
        return connection;
    }
}

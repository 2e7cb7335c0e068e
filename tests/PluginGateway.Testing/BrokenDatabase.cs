using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database whose writes fail, and leave nothing behind, when they made something true.</summary>
internal sealed class BrokenDatabase(IDatabase inner, Func<DbSession, Task<bool>> fails) : PassingDatabase(inner)
{
    public override Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => Inner.WriteAsync(
        async db =>
        {
            var result = await work(db);
            return await fails(db) ? throw new IOException("The disk is full.") : result;
        },
        ct);
}

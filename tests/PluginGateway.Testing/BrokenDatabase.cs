using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database whose writes are rolled back with an error when a condition holds inside the transaction.</summary>
internal sealed class BrokenDatabase(IDatabase inner, Func<DbSession, Task<bool>> fails) : ForwardingDatabase(inner)
{
    public override Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => Inner.WriteAsync(
        async db =>
        {
            var result = await work(db);
            return await fails(db) ? throw new IOException("The disk is full.") : result;
        },
        ct);
}

using PluginGateway.Core.Storage;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>A database that simulates a crash of the process: from a given use on, every use fails.</summary>
internal sealed class CrashingDatabase(IDatabase inner) : IDatabase
{
    private int _left = int.MaxValue;

    public ISqlDialect Dialect => inner.Dialect;

    /// <summary>The number of uses until the crash. A write counts twice: before and after its commit.</summary>
    public int CrashesIn
    {
        set => Volatile.Write(ref _left, value);
    }

    public Task MigrateAsync(CancellationToken ct) => inner.MigrateAsync(ct);

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        Use();
        return await inner.ReadAsync(work, ct);
    }

    public async Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        Use();
        var result = await inner.WriteAsync(work, ct);
        // A crash here leaves a durable write that was never confirmed.
        Use();
        return result;
    }

    private void Use()
    {
        if (Interlocked.Decrement(ref _left) <= 0)
            throw new IOException("The gateway crashed here.");
    }
}

using PluginGateway.Core.Storage;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>A database whose process dies at a given use of it: that one and all after it do nothing any more.</summary>
internal sealed class CrashingDatabase(IDatabase inner) : IDatabase
{
    private int _left = int.MaxValue;

    public ISqlDialect Dialect => inner.Dialect;

    /// <summary>Before or after so many more reads and writes it is over.</summary>
    public int DiesIn
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
        // Durable, and nobody hears of it.
        Use();
        return result;
    }

    private void Use()
    {
        if (Interlocked.Decrement(ref _left) <= 0)
            throw new IOException("The gateway died here.");
    }
}

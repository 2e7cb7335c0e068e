using System.Collections.Concurrent;
using System.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Adapters;

/// <summary>The durable, encrypted state of adapters. The adapter sees only the part of its own back end.</summary>
internal sealed class AdapterStateStore(IDatabase database, StateProtection protection, TimeProvider time)
{
    public IAdapterState For(BackEnd backEnd) => new BackEndState(this, backEnd);

    private async Task<string> GetOrAddAsync(
        BackEnd backEnd, string name, TimeSpan keepFor, SemaphoreSlim gate, Func<CancellationToken, Task<string>> make, CancellationToken ct)
    {
        if (await FindAsync(backEnd, name, ct) is { } known)
            return known;

        await gate.WaitAsync(ct);
        try
        {
            if (await FindAsync(backEnd, name, ct) is { } made)
                return made;

            // To its end, whatever the token says: it is the plug-in's code, and runs under the lease of the call that needs the value.
            var value = await make(ct);
            // Also when the time is up: the next one need not make it again.
            await KeepAsync(backEnd, name, value, keepFor, CancellationToken.None);
            return value;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<string?> FindAsync(BackEnd backEnd, string name, CancellationToken ct)
    {
        var value = await database.ReadAsync(
            db => db.ScalarAsync<byte[]>(
                "SELECT value FROM adapter_state WHERE council = @Council AND backend = @Name AND name = @key AND expires > @now",
                new { backEnd.Council, backEnd.Name, key = name, now = time.NowMs() }),
            ct);
        return value is null ? null : Encoding.UTF8.GetString(protection.Unprotect(value));
    }

    private Task KeepAsync(BackEnd backEnd, string name, string value, TimeSpan keepFor, CancellationToken ct)
    {
        var content = protection.Protect(Encoding.UTF8.GetBytes(value));
        return database.WriteAsync(
            async db =>
            {
                await RemoveAsync(db, backEnd, name);
                return await db.ExecuteAsync(
                    "INSERT INTO adapter_state (council, backend, name, value, expires) VALUES (@Council, @Name, @key, @content, @expires)",
                    new { backEnd.Council, backEnd.Name, key = name, content, expires = time.NowMs() + keepFor.Ms() });
            },
            ct);
    }

    private Task RemoveAsync(BackEnd backEnd, string name, CancellationToken ct) => database.WriteAsync(db => RemoveAsync(db, backEnd, name), ct);

    private static Task<int> RemoveAsync(DbSession db, BackEnd backEnd, string name) => db.ExecuteAsync(
        "DELETE FROM adapter_state WHERE council = @Council AND backend = @Name AND name = @key", new { backEnd.Council, backEnd.Name, key = name });

    /// <summary>One for each adapter that is made: what hangs in one version keeps no other from making a value.</summary>
    private sealed class BackEndState(AdapterStateStore store, BackEnd backEnd) : IAdapterState
    {
        private readonly ConcurrentDictionary<string, SemaphoreSlim> _making = new(StringComparer.Ordinal);

        public Task<string> GetOrAddAsync(string key, TimeSpan keepFor, Func<CancellationToken, Task<string>> make, CancellationToken ct) =>
            store.GetOrAddAsync(backEnd, key, keepFor, _making.GetOrAdd(key, static _ => new SemaphoreSlim(1)), make, ct);

        public Task RemoveAsync(string key, CancellationToken ct) =>
            store.RemoveAsync(backEnd, key, ct);
    }
}

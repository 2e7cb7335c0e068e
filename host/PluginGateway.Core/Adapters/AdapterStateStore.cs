using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Adapters;

/// <summary>Stores the encrypted state of adapters. Each adapter can access only the state of its back end.</summary>
internal sealed class AdapterStateStore(IDatabase database, StateProtection protection, TimeProvider time)
{
    private const int MaxKeyLength = 200;
    private const int MaxValueLength = 64 << 10;
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(3650);

    public IAdapterState For(BackEnd backEnd) => new BackEndState(this, backEnd);

    private async Task<string> GetOrAddAsync(
        BackEnd backEnd, string name, SemaphoreSlim gate, Func<CancellationToken, Task<AdapterStateValue>> make, CancellationToken ct)
    {
        if (await FindAsync(backEnd, name, ct) is { } known)
            return known;

        await gate.WaitAsync(ct);
        try
        {
            if (await FindAsync(backEnd, name, ct) is { } made)
                return made;

            // Awaited even after cancellation: it is code of the plug-in and must run under the lease of the call that needs the value.
            var value = await make(ct);
            // Stored even if the deadline has passed, so that the next call does not have to create it again.
            await SetAsync(backEnd, name, value, CancellationToken.None);
            return value.Value;
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
        try
        {
            return value is null ? null : Encoding.UTF8.GetString(protection.Unprotect(value));
        }
        catch (CryptographicException)
        {
            // The data key has been removed because its wrapping key is lost. The adapter makes the value again.
            return null;
        }
    }

    private Task SetAsync(BackEnd backEnd, string name, AdapterStateValue value, CancellationToken ct)
    {
        var plain = Encoding.UTF8.GetBytes(value.Value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plain.Length, MaxValueLength, nameof(value));
        // A token with a lifetime of centuries must not overflow the clock.
        var lifetime = value.Lifetime < MaxLifetime ? value.Lifetime : MaxLifetime;
        var content = protection.Protect(plain);
        return database.WriteAsync(
            async db =>
            {
                await RemoveAsync(db, backEnd, name);
                return lifetime <= TimeSpan.Zero ? 0 : await db.ExecuteAsync(
                    "INSERT INTO adapter_state (council, backend, name, value, expires) VALUES (@Council, @Name, @key, @content, @expires)",
                    new { backEnd.Council, backEnd.Name, key = name, content, expires = time.NowMs() + lifetime.Ms() });
            },
            ct);
    }

    private Task RemoveAsync(BackEnd backEnd, string name, CancellationToken ct) => database.WriteAsync(db => RemoveAsync(db, backEnd, name), ct);

    private static Task<int> RemoveAsync(DbSession db, BackEnd backEnd, string name) => db.ExecuteAsync(
        "DELETE FROM adapter_state WHERE council = @Council AND backend = @Name AND name = @key", new { backEnd.Council, backEnd.Name, key = name });

    private static string Checked(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, MaxKeyLength, nameof(key));
        return key;
    }

    /// <summary>
    /// The state of one back end. Each adapter instance has a separate one, so that a <c>make</c> that hangs in one version of a plug-in does not block the
    /// next version.
    /// </summary>
    private sealed class BackEndState(AdapterStateStore store, BackEnd backEnd) : IAdapterState
    {
        private readonly ConcurrentDictionary<string, SemaphoreSlim> _making = new(StringComparer.Ordinal);

        public Task<string?> GetAsync(string key, CancellationToken cancellationToken) => store.FindAsync(backEnd, Checked(key), cancellationToken);

        public Task SetAsync(string key, AdapterStateValue value, CancellationToken cancellationToken) =>
            store.SetAsync(backEnd, Checked(key), value, cancellationToken);

        public Task<string> GetOrAddAsync(string key, Func<CancellationToken, Task<AdapterStateValue>> make, CancellationToken cancellationToken) =>
            store.GetOrAddAsync(backEnd, Checked(key), _making.GetOrAdd(key, static _ => new SemaphoreSlim(1)), make, cancellationToken);

        public Task RemoveAsync(string key, CancellationToken cancellationToken) => store.RemoveAsync(backEnd, Checked(key), cancellationToken);
    }
}

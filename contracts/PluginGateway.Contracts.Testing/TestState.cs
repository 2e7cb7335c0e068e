using System.Collections.Concurrent;

namespace PluginGateway.Contracts.Testing;

/// <summary>The durable state of a back end, in memory. It can be given to a second adapter, as after a restart.</summary>
public sealed class TestState : IAdapterState
{
    private readonly ConcurrentDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<string> GetOrAddAsync(string key, TimeSpan keepFor, Func<CancellationToken, Task<string>> make, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(make);
        return _values.TryGetValue(key, out var known) ? known : _values[key] = await make(ct);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken ct)
    {
        _values.TryRemove(key, out _);
        return Task.CompletedTask;
    }
}

using System.Collections.Concurrent;

namespace PluginGateway.Contracts.Testing;

/// <summary>
/// Stores the state of a back end in memory. Pass the same instance to a second adapter to simulate a restart. Values do not expire, and
/// concurrent calls of <see cref="GetOrAddAsync"/> do not wait for each other.
/// </summary>
public sealed class TestState : IAdapterState
{
    private readonly ConcurrentDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<string?> GetAsync(string key, CancellationToken cancellationToken) => Task.FromResult(_values.GetValueOrDefault(key));

    /// <inheritdoc/>
    public Task SetAsync(string key, AdapterStateValue value, CancellationToken cancellationToken)
    {
        Set(key, value);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<string> GetOrAddAsync(string key, Func<CancellationToken, Task<AdapterStateValue>> make, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(make);
        if (_values.TryGetValue(key, out var known))
            return known;

        var made = await make(cancellationToken);
        Set(key, made);
        return made.Value;
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string key, CancellationToken cancellationToken)
    {
        _values.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    private void Set(string key, AdapterStateValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Assert.InRange(key.Length, 1, 200);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(value.Value), 0, 64 << 10);
        if (value.Lifetime > TimeSpan.Zero)
            _values[key] = value.Value;
        else
            _values.TryRemove(key, out _);
    }
}

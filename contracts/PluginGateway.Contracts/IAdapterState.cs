namespace PluginGateway.Contracts;

/// <summary>
/// What an adapter may keep between calls: tokens, look-ups. Durable, encrypted, one set for each back end, shared by all hosts. It is a
/// cache: values can vanish, and a call must be able to do without. Cursors are not kept here; the gateway keeps those.
/// </summary>
public interface IAdapterState
{
    /// <summary>
    /// The value under <paramref name="key"/>, made when it is absent or too old. <paramref name="make"/> runs once at a time for a key of
    /// an adapter on each host; others wait for its result. When it throws, nothing is kept and the exception goes to the caller.
    /// </summary>
    /// <param name="key">At most 200 characters.</param>
    /// <param name="keepFor">How long the value may be used.</param>
    /// <param name="make">Makes the value, at most 64 KB.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The value.</returns>
    Task<string> GetOrAddAsync(string key, TimeSpan keepFor, Func<CancellationToken, Task<string>> make, CancellationToken ct);

    /// <summary>Forgets a value: a token that the back end refused, say.</summary>
    /// <param name="key">The key; one that is not there is no error.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>A task that ends when the value is gone.</returns>
    Task RemoveAsync(string key, CancellationToken ct);
}

namespace PluginGateway.Contracts;

/// <summary>
/// Key-value storage for what an adapter reuses between calls, such as access tokens and lookup results. Values are durable, encrypted,
/// separate for each back end, and shared by all hosts. Treat it as a cache: values expire, and an adapter must work without them. Do not
/// store cursors here; the gateway stores <see cref="UpdateBatch.Cursor"/>.
/// </summary>
/// <remarks>
/// A key has 1 to 200 characters and is case-sensitive. A value has at most 64 KB in UTF-8. Other keys and values raise
/// <see cref="ArgumentException"/>.
/// </remarks>
public interface IAdapterState
{
    /// <summary>Returns the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The value; null if there is none or it has expired.</returns>
    Task<string?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Stores a value, replacing an earlier one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value and its lifetime.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the value is durable.</returns>
    Task SetAsync(string key, AdapterStateValue value, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the value of a key. If there is none or it has expired, calls <paramref name="make"/> and stores its result. In each adapter
    /// instance, only one call for a key runs <paramref name="make"/> at a time; the others wait and get its value. If it throws, nothing is
    /// stored, the exception reaches its caller, and the next waiting call runs <paramref name="make"/>.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="make">Creates the value and states its lifetime, for example from the <c>expires_in</c> of a token response (RFC 6749, 5.1).</param>
    /// <param name="cancellationToken">Cancels the wait for another call, and is passed to <paramref name="make"/>.</param>
    /// <returns>The value.</returns>
    Task<string> GetOrAddAsync(string key, Func<CancellationToken, Task<AdapterStateValue>> make, CancellationToken cancellationToken);

    /// <summary>Removes a value, for example a token that the back end refused.</summary>
    /// <param name="key">The key; one without a value is ignored.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the value is removed.</returns>
    Task RemoveAsync(string key, CancellationToken cancellationToken);
}

/// <summary>A value to store in <see cref="IAdapterState"/>.</summary>
public sealed record AdapterStateValue
{
    /// <summary>The value, at most 64 KB in UTF-8.</summary>
    public required string Value { get; init; }

    /// <summary>
    /// How long it may be used from now, at most ten years. If the lifetime is zero or negative, nothing is stored, and an earlier value is
    /// removed.
    /// </summary>
    public required TimeSpan Lifetime { get; init; }
}

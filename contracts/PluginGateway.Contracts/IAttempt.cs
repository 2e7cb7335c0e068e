namespace PluginGateway.Contracts;

/// <summary>
/// One try of a delivery, given to every call that changes something at the back end. What is written here survives a crash, a swap of
/// the plug-in and a move to another host.
/// </summary>
public interface IAttempt
{
    /// <summary>
    /// The same opaque text at every try of this delivery, and different for every other delivery and for changed content: the
    /// idempotency key to give to a back end that takes one. Letters, digits and <c>-</c>, at most 60 characters.
    /// </summary>
    string DeliveryKey { get; }

    /// <summary>1 for the first try.</summary>
    int Number { get; }

    /// <summary>When the first try began.</summary>
    DateTimeOffset FirstTried { get; }

    /// <summary>What earlier tries of this delivery noted.</summary>
    IReadOnlyDictionary<string, string> Notes { get; }

    /// <summary>
    /// Notes a step that must not be repeated (contact made, file uploaded, case made). Durable when it returns.
    /// </summary>
    /// <param name="key">At most 100 characters; an earlier note of the same name is replaced.</param>
    /// <param name="value">At most 4,000 characters.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>A task that ends when the note is durable.</returns>
    Task NoteAsync(string key, string value, CancellationToken ct);

    /// <summary>
    /// Says that the next call is the one that creates something at the back end. Durable when it returns. A try that ends without an
    /// answer before this is simply made again; after this, never without asking.
    /// </summary>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>A task that ends when the stamp is durable.</returns>
    Task CommittingAsync(CancellationToken ct);
}

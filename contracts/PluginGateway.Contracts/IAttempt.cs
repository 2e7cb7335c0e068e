namespace PluginGateway.Contracts;

/// <summary>
/// One try of a delivery, passed to every call that changes something at the back end. What an adapter records here survives a crash, a
/// replacement of the plug-in and a move to another host.
/// </summary>
public interface IAttempt
{
    /// <summary>
    /// An idempotency key for back ends that accept one: the same for every try of this delivery, and different for every other delivery and
    /// for changed content. Letters, digits and hyphens, at most 60 characters.
    /// </summary>
    string DeliveryKey { get; }

    /// <summary>The number of this try, starting at 1.</summary>
    int Number { get; }

    /// <summary>When the first try started.</summary>
    DateTimeOffset FirstTriedAt { get; }

    /// <summary>The notes of earlier tries of this delivery.</summary>
    IReadOnlyDictionary<string, string> Notes { get; }

    /// <summary>
    /// Records a step that must not be repeated, such as "contact created" or "file uploaded". Durable when it returns.
    /// </summary>
    /// <param name="key">1 to 100 characters. An earlier note with the same key is replaced.</param>
    /// <param name="value">At most 4,000 characters.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the note is durable.</returns>
    Task NoteAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>
    /// Marks the try as committing: the next call is the one that creates something at the back end. Durable when it returns. A try that
    /// ends without an answer before this mark is simply repeated; after it, the gateway finds out first what happened.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the mark is durable.</returns>
    Task MarkCommittingAsync(CancellationToken cancellationToken);
}

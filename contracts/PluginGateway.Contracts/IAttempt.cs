namespace PluginGateway.Contracts;

/// <summary>
/// One attempt at a delivery, passed to every call that changes something at the back end. What an adapter records here survives a crash, a
/// replacement of the plug-in and a move to another host.
/// </summary>
public interface IAttempt
{
    /// <summary>
    /// An idempotency key for back ends that accept one: the same for every attempt at this delivery, and different for every other delivery and
    /// for changed content. Letters, digits and hyphens, at most 60 characters.
    /// </summary>
    string DeliveryKey { get; }

    /// <summary>The number of this attempt, starting at 1.</summary>
    int Number { get; }

    /// <summary>When the first attempt started. It restarts when an operator resends the delivery, and when sending resumes after a pause.</summary>
    DateTimeOffset FirstAttemptAt { get; }

    /// <summary>
    /// The notes of earlier attempts at this delivery. Whether they include notes of the current attempt is not defined.
    /// </summary>
    IReadOnlyDictionary<string, string> Notes { get; }

    /// <summary>
    /// Records a step that must not be repeated, such as "contact created" or "file uploaded". An earlier note with the same key is replaced.
    /// </summary>
    /// <param name="key">The name of the step, 1 to 100 characters.</param>
    /// <param name="value">
    /// What to record, at most 4,000 characters. It must contain neither secrets nor personal data: it is not encrypted, and is kept longer than
    /// the content of the report.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the note is durable.</returns>
    /// <exception cref="ArgumentException">The key or the value is too long.</exception>
    /// <exception cref="AdapterException">The gateway has abandoned this attempt, because it took too long. Make no further calls.</exception>
    Task NoteAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>
    /// Marks the attempt as committing: the next call is the one that creates something at the back end. An attempt that ends without an answer
    /// before this mark is simply repeated; after it, the gateway first finds out what happened.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the mark is durable.</returns>
    /// <exception cref="AdapterException">The gateway has abandoned this attempt, because it took too long. Make no further calls.</exception>
    Task MarkCommittingAsync(CancellationToken cancellationToken);
}

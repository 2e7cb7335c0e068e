namespace PluginGateway.Contracts.Testing;

/// <summary>An attempt in memory. As in the gateway, the next attempt of the same delivery has the notes of this one; see <see cref="Next"/>.</summary>
public sealed class TestAttempt : IAttempt
{
    private readonly Dictionary<string, string> _notes;
    private readonly Dictionary<string, string> _earlier;

    /// <summary>Creates the first attempt of a delivery.</summary>
    /// <param name="started">When the attempt starts.</param>
    public TestAttempt(DateTimeOffset started)
        : this(1, started, [])
    {
    }

    private TestAttempt(int number, DateTimeOffset firstAttemptAt, Dictionary<string, string> notes)
    {
        (Number, FirstAttemptAt, _notes) = (number, firstAttemptAt, notes);
        // The attempt contains only the notes of earlier attempts, so that an adapter that relies on notes of the current one fails its tests.
        _earlier = new Dictionary<string, string>(notes, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string DeliveryKey { get; init; } = "delivery-1";

    /// <inheritdoc/>
    public int Number { get; }

    /// <inheritdoc/>
    public DateTimeOffset FirstAttemptAt { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Notes => _earlier;

    /// <summary>Whether the adapter has marked the attempt as committing.</summary>
    public bool IsCommitMarked { get; private set; }

    /// <summary>Runs after each note or commit mark is stored. It may throw, to end the adapter's work at that point.</summary>
    public Action OnDurable { get; set; } = static () => { };

    /// <summary>Creates the next attempt of the same delivery.</summary>
    /// <returns>An attempt with the next number and the notes of this one.</returns>
    public TestAttempt Next() => new(Number + 1, FirstAttemptAt, new Dictionary<string, string>(_notes, StringComparer.Ordinal)) { DeliveryKey = DeliveryKey };

    /// <inheritdoc/>
    public Task NoteAsync(string key, string value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        Assert.InRange(key.Length, 1, 100);
        Assert.InRange(value.Length, 0, 4_000);
        _notes[key] = value;
        OnDurable();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task MarkCommittingAsync(CancellationToken cancellationToken)
    {
        IsCommitMarked = true;
        OnDurable();
        return Task.CompletedTask;
    }
}

namespace PluginGateway.Contracts.Testing;

/// <summary>A try as the gateway gives it, whose notes survive into the next try, as they do there.</summary>
public sealed class TestAttempt : IAttempt
{
    private readonly Dictionary<string, string> _notes;
    private readonly Dictionary<string, string> _earlier;

    /// <summary>The first try of a delivery.</summary>
    /// <param name="started">When it begins.</param>
    public TestAttempt(DateTimeOffset started)
        : this(1, started, [])
    {
    }

    private TestAttempt(int number, DateTimeOffset firstTried, Dictionary<string, string> notes)
    {
        (Number, FirstTriedAt, _notes) = (number, firstTried, notes);
        // An adapter sees the notes of earlier tries, not of this one.
        _earlier = new Dictionary<string, string>(notes, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string DeliveryKey { get; init; } = "delivery-1";

    /// <inheritdoc/>
    public int Number { get; }

    /// <inheritdoc/>
    public DateTimeOffset FirstTriedAt { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Notes => _earlier;

    /// <summary>Whether it was stamped: the next call creates.</summary>
    public bool IsCommitMarked { get; private set; }

    /// <summary>Told of every note and stamp, once it is durable; may throw to end the adapter's work there.</summary>
    public Action OnDurable { get; set; } = static () => { };

    /// <summary>The next try of the same delivery.</summary>
    /// <returns>A try with the notes of this one.</returns>
    public TestAttempt Next() => new(Number + 1, FirstTriedAt, new Dictionary<string, string>(_notes, StringComparer.Ordinal)) { DeliveryKey = DeliveryKey };

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

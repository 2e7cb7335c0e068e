namespace PluginGateway.Contracts.Testing;

/// <summary>
/// The council's system, as far as its adapter needs it: answers the adapter's HTTP calls in the real wire format and remembers what was
/// created. The kit puts a <see cref="FaultProxy"/> between the adapter and this.
/// </summary>
public abstract class BackEndSimulator
{
    /// <summary>The address that the adapter's settings are to point at. Nothing listens there: calls are answered by <see cref="AnswerAsync"/>.</summary>
    public static Uri Address { get; } = new("https://back-end.example/api/");

    /// <summary>How many cases were created.</summary>
    public abstract int Created { get; }

    /// <summary>
    /// How many entries the lists of the system have: services, updates. The kit sets 1 and 3, because many formats write one entry
    /// differently from several.
    /// </summary>
    public int Entries { get; set; } = 3;

    /// <summary>Answers one call. What the real system refuses is refused here too: a wrong key, a missing field.</summary>
    /// <param name="request">The call, with its content.</param>
    /// <param name="cancellationToken">Fires when the adapter has given the call up.</param>
    /// <returns>The answer; the kit disposes it.</returns>
    public abstract Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}

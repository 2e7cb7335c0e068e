namespace PluginGateway.Contracts.Testing;

/// <summary>
/// A simulator of the council's system. It answers the adapter's HTTP calls in the real wire format and counts the cases that were created.
/// The test kit puts a <see cref="FaultProxy"/> between the adapter and the simulator.
/// </summary>
public abstract class BackEndSimulator
{
    /// <summary>
    /// The address to use in the adapter's settings. No server listens there: <see cref="AnswerAsync"/> answers all calls.
    /// </summary>
    public static Uri Address { get; } = new("https://back-end.example/api/");

    /// <summary>The number of cases that were created.</summary>
    public abstract int Created { get; }

    /// <summary>
    /// The number of entries in each of the system's lists (services, updates). The test kit sets 1 and 3, because many formats write a single
    /// entry differently from several.
    /// </summary>
    public int Entries { get; set; } = 3;

    /// <summary>Answers one call. Refuse what the real system refuses, such as a wrong key or a missing field.</summary>
    /// <param name="request">The call, with its content.</param>
    /// <param name="cancellationToken">Fires when the adapter cancels the call.</param>
    /// <returns>The response; the test kit disposes it.</returns>
    public abstract Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}

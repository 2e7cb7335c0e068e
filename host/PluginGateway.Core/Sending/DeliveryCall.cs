using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Sending;

/// <summary>One kind of delivery, as far as it differs from the others: which call is made, and what its answer means.</summary>
/// <typeparam name="TCapability">The adapter's capability that is called.</typeparam>
/// <typeparam name="T">What it answers with.</typeparam>
internal sealed record DeliveryCall<TCapability, T>
    where TCapability : class, ICouncilAdapter
{
    public required ClaimedDelivery Delivery { get; init; }

    public required BackEnd BackEnd { get; init; }

    /// <summary>What is sent, as it is named in the key by which a back end recognises a repeat.</summary>
    public required string Subject { get; init; }

    /// <summary>The person whose name and addresses are removed from what is stored and logged.</summary>
    public required Reporter Person { get; init; }

    public required Func<TCapability, IAttempt, CancellationToken, Task<T>> SendAsync { get; init; }

    /// <summary>Records an answer, with the generation of the plug-in that gave it.</summary>
    public required Func<T, int, Task> RecordAsync { get; init; }

    /// <summary>Whether an answer that comes after the deadline is recorded too.</summary>
    public bool RecordsLate { get; init; }

    /// <summary>How long to wait when an answer says that it is too early; null when it does not say so.</summary>
    public Func<T, TimeSpan?> NotYetAfter { get; init; } = static _ => null;

    /// <summary>What a back end must recognise for a doubtful delivery to be sent again; null when repeating it does no harm.</summary>
    public IdempotencySupport? RepeatsAs { get; init; }

    /// <summary>What an operator is told to check before a doubtful delivery is sent again.</summary>
    public string WhenUncertain { get; init; } = "";

    /// <summary>What is recorded, as done, when the adapter has no such capability; null when an operator has to decide.</summary>
    public string? WhenNotSupported { get; init; }

    /// <summary>Whether an adapter that finds submissions is asked for this one when its outcome is unknown.</summary>
    public bool CanBeFound { get; init; }
}

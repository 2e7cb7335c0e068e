using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Sending;

/// <summary>The part of an attempt that depends on the kind of delivery: the call that is made and how its result is recorded.</summary>
/// <typeparam name="TCapability">The capability of the adapter that is called.</typeparam>
/// <typeparam name="T">The type of the result.</typeparam>
internal sealed record DeliveryCall<TCapability, T>
    where TCapability : class, ICouncilAdapter
{
    public required ClaimedDelivery Delivery { get; init; }

    public required BackEnd BackEnd { get; init; }

    /// <summary>The first part of the key by which a back end recognises a repeat: the id of the report, or <c>U</c> for an update.</summary>
    public required string Subject { get; init; }

    /// <summary>The person whose name and addresses are removed from what is stored and logged.</summary>
    public required Reporter Person { get; init; }

    public required Func<TCapability, IAttempt, CancellationToken, Task<T>> SendAsync { get; init; }

    /// <summary>Records a result, with the generation of the plug-in that returned it.</summary>
    public required Func<T, int, Task> RecordAsync { get; init; }

    /// <summary>Whether a result that arrives after the deadline is recorded too.</summary>
    public bool RecordsLate { get; init; }

    /// <summary>Returns how long to wait if a result means that it is too early; null for any other result.</summary>
    public Func<T, TimeSpan?> NotYetAfter { get; init; } = static _ => null;

    /// <summary>
    /// The kind of repeat that a back end must recognise before a delivery that may have been delivered is sent again; null if a repeat does no harm.
    /// </summary>
    public IdempotencySupport? RepeatsAs { get; init; }

    /// <summary>The cause that is recorded when an operator has to check whether the delivery arrived before it is sent again.</summary>
    public string WhenUncertain { get; init; } = "";

    /// <summary>The cause with which the delivery is finished when the adapter lacks the capability; null if an operator has to decide.</summary>
    public string? WhenNotSupported { get; init; }

    /// <summary>Whether an adapter that can find submissions is queried for this one when its outcome is unknown.</summary>
    public bool CanBeFound { get; init; }
}

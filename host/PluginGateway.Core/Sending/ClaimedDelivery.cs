using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>A delivery that this host may attempt until its lease expires.</summary>
internal sealed class ClaimedDelivery
{
    public long Id { get; init; }

    public long ReportId { get; init; }

    public int Revision { get; init; }

    /// <summary>The id of the report's revision.</summary>
    public long CaseId => ReportIds.RevisionId(ReportId, Revision);

    public DeliveryKind Kind { get; init; }

    public long SubjectId { get; init; }

    public string DestKey { get; init; } = "";

    public long LaneId { get; init; }

    /// <summary>The number of this attempt.</summary>
    public int Attempts { get; init; }

    /// <summary>The number of attempts that count towards the retry schedule.</summary>
    public int Failures { get; init; }

    /// <summary>Whether an earlier attempt may have been delivered.</summary>
    public bool MayHaveBeenDelivered { get; init; }

    public long FirstTried { get; init; }

    public long Created { get; init; }

    public string LeaseToken { get; init; } = "";

    /// <summary>The delivery that this one waited for. For an update, this is the delivery of its report.</summary>
    public long AfterId { get; init; }

    /// <summary>Whether the back end was queried before and did not have the report.</summary>
    public bool Absent { get; init; }

    public byte[]? Notes { get; init; }

    /// <summary>
    /// Whether the creating call was made in this attempt, or may have been, because the adapter does not mark it. Only the answer to this call shows that
    /// the settings are right.
    /// </summary>
    public bool CreatingCallMade { get; set; }

    /// <summary>When this process claimed it.</summary>
    public long ClaimedAt { get; set; }

    /// <summary>The contents of all deliveries that were claimed together, by the id of the revision.</summary>
    public Task<IReadOnlyDictionary<long, ContentRow>>? Contents { get; set; }
}

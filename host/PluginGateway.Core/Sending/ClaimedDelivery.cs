using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>A delivery that this node may work on, as long as its lease holds.</summary>
internal sealed class ClaimedDelivery
{
    public long Id { get; init; }

    public long ReportId { get; init; }

    public int Revision { get; init; }

    /// <summary>The id of the report's revision.</summary>
    public long CaseId => ReportIds.Case(ReportId, Revision);

    public DeliveryKind Kind { get; init; }

    public long SubjectId { get; init; }

    public string DestKey { get; init; } = "";

    public long LaneId { get; init; }

    /// <summary>The number of this try.</summary>
    public int Tries { get; init; }

    /// <summary>Tries that count for the schedule.</summary>
    public int Failures { get; init; }

    /// <summary>An earlier try may have created something.</summary>
    public bool MayHaveBeenDelivered { get; init; }

    public long FirstTried { get; init; }

    public long Created { get; init; }

    public string LeaseToken { get; init; } = "";

    /// <summary>The delivery this one waited for: an update's report.</summary>
    public long AfterId { get; init; }

    /// <summary>The back end was asked before, and did not have it.</summary>
    public bool Absent { get; init; }

    public byte[]? Notes { get; init; }

    /// <summary>The contents of all that was claimed together, by revision.</summary>
    public Task<IReadOnlyDictionary<long, ContentRow>>? Contents { get; set; }
}

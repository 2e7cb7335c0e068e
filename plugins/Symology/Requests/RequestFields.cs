namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>The fields of a request in the order that Symology wants them.</summary>
internal static class RequestFields
{
    public static readonly IReadOnlyList<string> All =
    [
        "NSGRef", "RegionSite", "UnitID", "RecordedDate", "RecordedTime", "UserName", "RequestType", "Priority", "AnalysisCode1", "AnalysisCode2", "Location",
        "ExternalRef",
        "Description", "Easting", "Northing", "InWebRequestID", "ServiceCode", "NextAction", "NextInspection", "NextActionUserName", "NextNotify",
        "ActionDescription", "CreateLACode",
    ];

    /// <summary>Left out altogether when there is nothing in them.</summary>
    public static readonly IReadOnlyList<string> Optional = ["NSGRef", "RegionSite", "UnitID"];

    /// <summary>What settings and rules may say: times and references are the gateway's.</summary>
    public static readonly IReadOnlyList<string> Settable = [
        .. All.Except(["RecordedDate", "RecordedTime", "ExternalRef", "InWebRequestID"], StringComparer.Ordinal)];

    /// <summary>What a person calls the decision about a report: the facts of its plan.</summary>
    public static readonly IReadOnlyList<string> Facts = ["ServiceCode", "RequestType", "Priority", "AnalysisCode1", "AnalysisCode2", "NextAction",
        "NextActionUserName"];

    /// <summary>What fields are when nothing says otherwise; those without are nil.</summary>
    public static readonly IReadOnlyDictionary<string, string> Defaults = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Priority"] = "N",
        ["Location"] = "",
        ["NextInspection"] = "",
        ["NextActionUserName"] = "",
        ["NextNotify"] = "0",
        ["ActionDescription"] = "",
        ["CreateLACode"] = "0",
    };
}

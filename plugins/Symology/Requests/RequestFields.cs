namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>The fields of a request, in the order that Symology requires.</summary>
internal static class RequestFields
{
    public static readonly IReadOnlyList<string> All =
    [
        "NSGRef", "RegionSite", "UnitID", "RecordedDate", "RecordedTime", "UserName", "RequestType", "Priority", "AnalysisCode1", "AnalysisCode2", "Location",
        "ExternalRef",
        "Description", "Easting", "Northing", "InWebRequestID", "ServiceCode", "NextAction", "NextInspection", "NextActionUserName", "NextNotify",
        "ActionDescription", "CreateLACode",
    ];

    /// <summary>Fields that are omitted when they are empty.</summary>
    public static readonly IReadOnlyList<string> Optional = ["NSGRef", "RegionSite", "UnitID"];

    /// <summary>Fields that settings and rules may set. The gateway sets times and references.</summary>
    public static readonly IReadOnlyList<string> Settable = [
        .. All.Except(["RecordedDate", "RecordedTime", "ExternalRef", "InWebRequestID"], StringComparer.Ordinal)];

    /// <summary>Fields that become facts of the report's plan.</summary>
    public static readonly IReadOnlyList<string> Facts = ["ServiceCode", "RequestType", "Priority", "AnalysisCode1", "AnalysisCode2", "NextAction",
        "NextActionUserName"];

    /// <summary>The default values of fields. Fields without a default are sent as nil.</summary>
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

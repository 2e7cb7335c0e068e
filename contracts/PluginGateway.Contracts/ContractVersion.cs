namespace PluginGateway.Contracts;

/// <summary>The version of the contract between the gateway and its adapters.</summary>
public static class ContractVersion
{
    /// <summary>
    /// <c>major.minor</c>. It is a constant, so that <see cref="CouncilAdapterAttribute"/> bakes in what a plug-in was built against.
    /// A gateway loads plug-ins of the same major version whose minor version is not above its own; within a major version members
    /// are only added.
    /// </summary>
    public const string Current = "1.0";
}

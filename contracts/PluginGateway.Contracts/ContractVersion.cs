namespace PluginGateway.Contracts;

/// <summary>The version of the contract between the gateway and its adapters.</summary>
public static class ContractVersion
{
    /// <summary>
    /// The version as <c>major.minor</c>; the versions of the package and the assembly start with it. It is a constant, so the compiler copies it
    /// into <see cref="CouncilAdapterAttribute"/> when a plug-in is built. A gateway loads plug-ins with the same major version and a minor
    /// version that is not higher than its own. Within a major version, members are only added.
    /// </summary>
    public const string Current = "0.2";
}

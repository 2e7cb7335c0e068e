namespace PluginGateway.Contracts;

/// <summary>
/// Marks an assembly as a plug-in and names its adapter: <c>[assembly: CouncilAdapter("open311")]</c>. The gateway reads it from the
/// metadata before any code of the assembly runs.
/// </summary>
/// <param name="name">
/// The adapter's identity in council files, state paths and commands: 1 to 40 characters, lower-case letters, digits and <c>-</c>,
/// beginning with a letter.
/// </param>
/// <param name="contract">The contract the plug-in was built against. Leave it out: the default is filled in by the compiler.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class CouncilAdapterAttribute(string name, string contract = ContractVersion.Current) : Attribute
{
    /// <summary>The adapter's name, as council files write it.</summary>
    public string Name { get; } = name;

    /// <summary>The contract version the plug-in was built against, <c>major.minor</c>.</summary>
    public string Contract { get; } = contract;
}

namespace PluginGateway.Contracts;

/// <summary>
/// Marks an assembly as a plug-in and names its adapter: <c>[assembly: CouncilAdapter("open311")]</c>. The gateway reads it from the
/// assembly's metadata before any code of the assembly runs.
/// </summary>
/// <param name="name">
/// The adapter's name in council files, state paths and commands: 1 to 40 lower-case letters, digits and hyphens, starting with a letter.
/// </param>
/// <param name="contract">The contract version that the plug-in was built against. Omit it: the compiler supplies the default.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class CouncilAdapterAttribute(string name, string contract = ContractVersion.Current) : Attribute
{
    /// <summary>The adapter's name in council files.</summary>
    public string Name { get; } = name;

    /// <summary>The contract version that the plug-in was built against, as <c>major.minor</c>.</summary>
    public string Contract { get; } = contract;
}

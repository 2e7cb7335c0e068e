using System.Reflection;

namespace PluginGateway.Contracts.Tests;

/// <summary>Tests the rules for the public surface. The surface itself is in PublicAPI.Unshipped.txt, which an analyzer checks.</summary>
public sealed class ContractsSurfaceTests
{
    private static readonly Assembly Contracts = typeof(IAdapterPlugin).Assembly;

    [Fact]
    public void Contracts_reference_only_the_framework_and_logging_abstractions() => Assert.All(
        Contracts.GetReferencedAssemblies().Select(r => r.Name!),
        name => Assert.True(name == "Microsoft.Extensions.Logging.Abstractions" || name.StartsWith("System.", StringComparison.Ordinal), name));

    [Fact]
    public void Package_assembly_and_contract_versions_match()
    {
        var package = Contracts.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

        Assert.Equal(Version.Parse(ContractVersion.Current), new Version(Version.Parse(package).Major, Version.Parse(package).Minor));
        Assert.Equal(Version.Parse(ContractVersion.Current + ".0.0"), Contracts.GetName().Version);
    }

    [Fact]
    public void Records_have_no_positional_members() => Assert.All(
        Contracts.GetExportedTypes().Where(t => t.GetMethod("<Clone>$") is not null),
        type => Assert.Contains(type.GetConstructors(), c => c.GetParameters().Length == 0));
}

using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>Runs the adapter conformance tests against the Symology adapter, with and without credentials.</summary>
public sealed class SymologyConformanceTests : AdapterConformance
{
    protected override string Settings => SimulatedSymology.Settings(authenticated: false);

    protected override IAdapterPlugin CreatePlugin() => new SymologyPlugin();

    protected override BackEndSimulator CreateBackEnd() => new SimulatedSymology(authenticated: false);
}

public sealed class AuthenticatedSymologyConformanceTests : AdapterConformance
{
    protected override string Settings => SimulatedSymology.Settings(authenticated: true);

    protected override IAdapterPlugin CreatePlugin() => new SymologyPlugin();

    protected override BackEndSimulator CreateBackEnd() => new SimulatedSymology(authenticated: true);
}

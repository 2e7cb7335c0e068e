using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Adapters.Acme.Tests;

/// <summary>What every adapter must hold to.</summary>
public sealed class AcmeConformanceTests : AdapterConformance
{
    protected override string Settings => $$"""{ "address": "{{BackEndSimulator.Address}}", "apiKey": "key" }""";

    protected override IAdapterPlugin CreatePlugin() => new AcmePlugin();

    protected override BackEndSimulator CreateBackEnd() => new AcmeBackEnd();
}

using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Adapters.Acme.Tests;

/// <summary>Runs the adapter test kit.</summary>
public sealed class AcmeConformanceTests : AdapterConformance
{
    protected override string Settings => $$"""{ "address": "{{BackEndSimulator.Address}}", "apiKey": "key" }""";

    protected override IAdapterPlugin CreatePlugin() => new AcmePlugin();

    protected override BackEndSimulator CreateBackEnd() => new AcmeBackEnd();
}

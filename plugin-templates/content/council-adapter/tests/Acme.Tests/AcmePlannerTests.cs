using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Acme.Tests;

/// <summary>Tests the mapping of categories to teams.</summary>
public sealed class AcmePlannerTests
{
    [Theory]
    [InlineData("C1", "Highways")]
    [InlineData("C2", "Customer services")]
    public void Plan_assigns_each_category_to_its_team(string category, string team)
    {
        var settings = new AcmeSettings { Address = "https://acme.example", ApiKey = "key", Teams = new Dictionary<string, string> { ["C1"] = "Highways" } };
        var request = new ServiceRequest
        {
            Id = "PG1",
            Service = new Service { Code = category, Name = category },
            Location = new ReportLocation(),
            ReceivedAt = DateTimeOffset.UnixEpoch,
        };

        Assert.Equal(team, AcmePlanner.Plan(request, settings).Facts["Team"]);
    }
}

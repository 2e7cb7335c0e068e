using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Tests.Open311;

public sealed class Open311TargetTests
{
    [Theory]
    [InlineData("/open311/v2/services.xml?jurisdiction_id=j", "Services", "Xml", null, "")]
    [InlineData("/open311/v2/services.json", "Services", "Json", null, "")]
    [InlineData("/open311/bexley/v2/services.xml", "Services", "Xml", "bexley", "")]
    [InlineData("/open311/v2/services/foo.bar.xml", "Service", "Xml", null, "foo.bar")]
    [InlineData("/open311/v2/services/A/B.xml", "Service", "Xml", null, "A/B")]
    [InlineData("/open311/v2/services/A%2FB.xml", "Service", "Xml", null, "A/B")]
    [InlineData("/open311/v2/services/A%252FB.xml", "Service", "Xml", null, "A%2FB")]
    [InlineData("/open311/v2/services/a%20b%26c%2C(d)%40%3F%23.json", "Service", "Json", null, "a b&c,(d)@?#")]
    [InlineData("/open311/v2/services/caf%C3%A9.json", "Service", "Json", null, "café")]
    [InlineData("/open311/v2/services/.xml", "Service", "Xml", null, "")]
    [InlineData("/open311/v2/requests/00560250.json", "Request", "Json", null, "00560250")]
    [InlineData("/open311/v2/tokens/abc.xml", "Token", "Xml", null, "abc")]
    [InlineData("/open311/v2/update_tokens/abc.xml", "UpdateToken", "Xml", null, "abc")]
    [InlineData("/open311/v2/servicerequestupdates.json", "Updates", "Json", null, "")]
    [InlineData("/open311/discovery.json", "Discovery", "Json", null, "")]
    [InlineData("/open311", "Page", "Xml", null, "")]
    [InlineData("http://host/open311/v2/requests.xml", "Requests", "Xml", null, "")]
    [InlineData("/open311/v2/services", "Unknown", "Xml", null, "")]
    [InlineData("/open311/v2/services.csv", "Unknown", "Xml", null, "")]
    [InlineData("/open311/v2/services.XML", "Unknown", "Xml", null, "")]
    [InlineData("/open311/v2/nothing.json", "Unknown", "Json", null, "")]
    [InlineData("/open311/nowhere.json", "Unknown", "Json", null, "")]
    [InlineData("/open311/", "Page", "Xml", null, "")]
    public void Parse_returns_resource_format_and_id(string raw, string resource, string format, string? council, string id)
    {
        var target = Open311Target.Parse(raw);

        Assert.Equal((resource, format, council, id), (target.Resource.ToString(), target.Format.ToString(), target.Council, target.Id));
    }
}

using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Catalogues;

public sealed class PublishedServicesBuilderTests
{
    private const string Composite = """
        { "jurisdictionId": "c", "name": "C", "catalogue": [ "roads", "trees" ],
          "backends": { "roads": { "adapter": "open311" }, "trees": { "adapter": "open311", "prefix": "T-" }, "email": { "adapter": "email" } },
          "services": [
            { "code": "HOLE", "name": "Pothole", "group": "Roads", "questions": [ { "code": "SIZE", "required": true }, { "code": "EXTRA" } ] },
            { "code": "OLD", "hide": true },
            { "code": "GONE", "group": "Nothing" },
            { "code": "T-SHRUB", "name": "Shrub", "backend": "trees" },
            { "code": "OTHER", "name": "Something else", "backend": "email" } ] }
        """;

    [Fact]
    public void Build_combines_catalogues_prefixes_overlay_and_static_services()
    {
        var services = Build();

        Assert.Equal(["HOLE", "OTHER", "T-FALLEN", "T-SHRUB"], services.Services.Select(s => s.Code));
        Assert.Equal(["roads", "email", "trees", "trees"], services.Services.Select(s => s.Owner.Name));
        Assert.Equal("SHRUB", services.Find("T-SHRUB")!.Service.Code);
        Assert.Equal("FALLEN", services.Find("T-FALLEN")!.Service.Code);
    }

    [Fact]
    public void Overlay_replaces_questions_by_code_and_adds_others()
    {
        var hole = Build().Find("HOLE")!.Service;

        Assert.Equal(("Pothole", "Roads"), (hole.Name, hole.Groups[0]));
        Assert.Equal(["DEPTH", "SIZE", "EXTRA", "fixmystreet_id"], hole.Attributes.Select(a => a.Code));
        Assert.True(hole.Attributes[1].Required);
    }

    [Fact]
    public void Every_service_has_one_optional_reference_attribute()
    {
        var services = Build();

        Assert.All(services.Services, s =>
        {
            var reference = Assert.Single(s.Service.Attributes, a => a.Code == "fixmystreet_id");
            Assert.Equal((false, AttributeAutomation.ServerSet), (reference.Variable, reference.Automated));
        });
    }

    [Fact]
    public void Services_with_the_same_name_are_distinguished_by_code()
    {
        var services = PublishedServicesBuilder.Build(
            TestCouncils.Read(Composite),
            new Dictionary<string, IReadOnlyList<Service>>
            {
                ["roads"] = [Some.Service("LAMP") with { Name = "Street lamp" }],
                ["trees"] = [Some.Service("LAMP") with { Name = "street lamp " }, Some.Service("FALLEN") with { Name = "Fallen tree" }],
            },
            stale: false);

        Assert.Equal("Street lamp (LAMP)", services.Find("LAMP")!.Service.Name);
        Assert.Equal("street lamp  (T-LAMP)", services.Find("T-LAMP")!.Service.Name);
        Assert.Equal("Fallen tree", services.Find("T-FALLEN")!.Service.Name);
    }

    [Fact]
    public void Codes_are_case_sensitive() => Assert.Null(Build().Find("hole"));

    private static PublishedServices Build() => PublishedServicesBuilder.Build(
        TestCouncils.Read(Composite),
        new Dictionary<string, IReadOnlyList<Service>>
        {
            ["roads"] = [Some.Service("HOLE", new ServiceAttribute { Code = "DEPTH" }, new ServiceAttribute { Code = "SIZE" }), Some.Service("OLD")],
            ["trees"] = [Some.Service("FALLEN")],
        },
        stale: false);
}

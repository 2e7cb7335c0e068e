using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;

namespace PluginGateway.Core.Tests.Catalogues;

public sealed class ServiceListTests
{
    private static readonly ServiceAttribute Size = new() { Code = "SIZE", Description = "first" };

    [Fact]
    public void First_of_two_services_or_attributes_is_used_and_reported_once()
    {
        var list = ServiceList.Read(
            [
                new Service { Code = "A", Name = "First", Attributes = [Size, Size with { Description = "second" }, new ServiceAttribute { Code = " " }] },
                new Service { Code = "A", Name = "Second" }, new Service { Code = "A", Name = "Third" }, null!, new Service { Code = "", Name = "N" },
                new Service { Code = "B", Name = " " }, new Service { Code = "C", Name = "Other", Attributes = null! },
            ],
            []);

        Assert.Equal(["First", "Other"], list.Services.Select(s => s.Name));
        Assert.Equal("first", Assert.Single(list.Services[0].Attributes).Description);
        Assert.Empty(list.Services[1].Attributes);
        Assert.Equal(
            [
                "services without a code or a name were skipped: 3", "service A is listed more than once; the first is used",
                "service A has questions without a code, or with the code of an earlier one; skipped: 2",
            ],
            list.Problems);
        Assert.True(list.IsComplete);
    }

    [Fact]
    public void Questions_that_cannot_be_read_are_those_that_were_read_last()
    {
        Service[] read = [new Service { Code = "A", Name = "A", AttributesProblem = "404" }, new Service { Code = "B", Name = "B", AttributesProblem = "404" }];

        var list = ServiceList.Read(read, [new Service { Code = "A", Name = "Old name", Attributes = [Size] }]);

        Assert.False(list.IsComplete);
        Assert.Equal([("A", 1), ("B", 0)], list.Services.Select(s => (s.Name, s.Attributes.Count)));
        Assert.All(list.Services, s => Assert.Null(s.AttributesProblem));
        Assert.Equal(
            [
                "the questions of service A could not be read, so the questions that were read last are used: 404",
                "the questions of service B could not be read, so it is published without questions: 404",
            ],
            list.Problems);
    }

    [Fact]
    public void List_that_is_too_long_is_refused() => Assert.Equal(
        "the service list has 10001 services; the maximum is 10000", ServiceList.FindProblem([.. Enumerable.Repeat(new Service { Code = "A", Name = "A" }, 10_001)]));
}

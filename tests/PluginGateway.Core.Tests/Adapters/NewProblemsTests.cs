using PluginGateway.Core.Adapters;

namespace PluginGateway.Core.Tests.Adapters;

public sealed class NewProblemsTests
{
    [Fact]
    public void Problem_is_found_once_while_it_lasts()
    {
        var problems = new NewProblems();

        Assert.Equal([("a", 2), ("b", 1)], problems.Find("one", ["a", "b", "a"]));
        Assert.Equal([("c", 1)], problems.Find("one", ["a", "c"]));
        Assert.Equal([("a", 1)], problems.Find("other", ["a"]));
        Assert.Equal([("b", 1)], problems.Find("one", ["b"]));
        Assert.Empty(problems.Find("one", []));
        Assert.Equal([("b", 1)], problems.Find("one", ["b"]));
    }
}

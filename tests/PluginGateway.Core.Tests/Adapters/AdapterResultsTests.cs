using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;

namespace PluginGateway.Core.Tests.Adapters;

/// <summary>What leaves a plug-in is copied under its lease; nonsense raises there.</summary>
public sealed class AdapterResultsTests
{
    public static TheoryData<string, object> Nonsense => new()
    {
        { "a plan without facts", new RequestPlan { Facts = null! } },
        { "a plan without a trace", new RequestPlan { Trace = null! } },
        { "a submission with a hole in its follow-ups", new Submission { FollowUps = [null!] } },
        { "a finding with such a submission", LookupResult.Found(new Submission { FollowUps = null! }) },
        { "no updates", new UpdateBatch { Updates = null! } },
        { "a hole in the updates", new UpdateBatch { Updates = [null!] } },
        { "an update without pictures' list",
            new UpdateBatch { Updates = [new CouncilUpdate { UpdateId = "1", BackEndId = "1", Status = "open", OccurredAt = default, MediaUrls = null! }] } },
        { "a hole in the reports", new RequestPage { Requests = [null!] } },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Nonsense_raises_inside_the_call(string what, object result)
    {
        Assert.NotEmpty(what);
        Assert.ThrowsAny<Exception>(() => AdapterResults.Copy(result));
    }

    [Fact]
    public void What_the_plug_in_changes_afterwards_changes_nothing()
    {
        var facts = new Dictionary<string, string> { ["team"] = "roads" };
        var data = new Dictionary<string, string> { ["path"] = "a.jpg" };
        var plan = AdapterResults.Copy(new RequestPlan { Facts = facts });
        var submission = AdapterResults.Copy(new Submission { FollowUps = [new FollowUp { Kind = "photo", Data = data }] });

        facts["team"] = "bins";
        data["path"] = "b.jpg";

        Assert.Equal("roads", plan.Facts["team"]);
        Assert.Equal("a.jpg", submission.FollowUps[0].Data["path"]);
    }

    [Fact]
    public void Nothing_stays_nothing() => Assert.Null(AdapterResults.Copy<RequestPlan?>(null));
}

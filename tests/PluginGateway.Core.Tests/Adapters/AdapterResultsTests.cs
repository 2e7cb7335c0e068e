using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;

namespace PluginGateway.Core.Tests.Adapters;

/// <summary>Tests that the results of a plug-in are copied while its lease is held, so that invalid results throw inside the call.</summary>
public sealed class AdapterResultsTests
{
    public static TheoryData<string, object> InvalidResults => new()
    {
        { "a plan without facts", new RequestPlan { Facts = null! } },
        { "a plan without a trace", new RequestPlan { Trace = null! } },
        { "a submission with a null follow-up", new Submission { FollowUps = [null!] } },
        { "a lookup result with an invalid submission", LookupResult.Found(new Submission { FollowUps = null! }) },
        { "no updates", new UpdateBatch { Updates = null! } },
        { "no reports", new RequestPage { Requests = null! } },
        { "no list of problems", new UpdateBatch { Updates = [], Problems = null! } },
    };

    [Theory]
    [MemberData(nameof(InvalidResults))]
    public void Copy_of_an_invalid_result_throws(string description, object result)
    {
        Assert.NotEmpty(description);
        Assert.ThrowsAny<Exception>(() => AdapterResults.Copy(result));
    }

    [Fact]
    public void Copy_skips_and_reports_invalid_items()
    {
        var update = new CouncilUpdate { UpdateId = "1", BackEndId = "1", Status = "open", OccurredAt = default };

        var batch = AdapterResults.Copy(new UpdateBatch { Updates = [null!, update with { MediaUrls = null! }, update], Problems = ["row 7"] });
        var page = AdapterResults.Copy(new RequestPage { Requests = [null!] });

        Assert.Equal("1", Assert.Single(batch.Updates).UpdateId);
        Assert.Equal(3, batch.Problems.Count);
        Assert.Equal("row 7", batch.Problems[0]);
        Assert.Empty(page.Requests);
        Assert.Single(page.Problems);
    }

    [Fact]
    public void Copy_is_independent_of_later_changes()
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
    public void Copy_of_null_returns_null() => Assert.Null(AdapterResults.Copy<RequestPlan?>(null));
}

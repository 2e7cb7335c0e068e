using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Councils;

public sealed class CopyRulesTests
{
    // A Monday in winter and one in summer, both at 16:30 in London.
    private static readonly DateTimeOffset Winter = new(2026, 11, 23, 16, 30, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Summer = new(2026, 6, 22, 15, 30, 0, TimeSpan.Zero);

    [Fact]
    public void Rule_applies_only_when_all_conditions_hold()
    {
        const string Rules = """[ { "when": { "service": ["A", "B"], "attribute.SIZE": ["l"] }, "to": "x@example.org" } ]""";

        Assert.Equal(["x@example.org"], Copies(Rules, "A", Answered("SIZE", "l")));
        Assert.Empty(Copies(Rules, "A", Answered("SIZE", "s")));
        Assert.Empty(Copies(Rules, "A", Some.Request()));
        Assert.Empty(Copies(Rules, "C", Answered("SIZE", "l")));
    }

    [Fact]
    public void Rule_with_alternatives_applies_when_one_of_them_holds()
    {
        const string Rules =
            """[ { "when": { "any": [ { "plan.Priority": ["P1"] }, { "group": ["Lighting"] } ] }, "to": ["x@example.org", "y@example.org"] } ]""";
        var lighting = Some.Request(Some.Service() with { Groups = ["Roads", "Lighting"] });

        Assert.Equal(["x@example.org", "y@example.org"], Copies(Rules, "A", lighting));
        Assert.Equal(
            ["x@example.org", "y@example.org"],
            Copies(Rules, "A", Some.Request(), new RequestPlan { Facts = new Dictionary<string, string> { ["Priority"] = "P1" } }));
        Assert.Empty(Copies(Rules, "A", Some.Request()));
    }

    [Fact]
    public void Office_hours_use_the_time_zone_of_the_council_in_winter_and_summer()
    {
        const string Rules = """[ { "when": { "officeHours": false }, "to": "night@example.org" } ]""";

        foreach (var halfPastFour in new[] { Winter, Summer })
        {
            Assert.Empty(Copies(Rules, "A", Some.Request() with { ReceivedAt = halfPastFour }));
            Assert.Single(Copies(Rules, "A", Some.Request() with { ReceivedAt = halfPastFour.AddMinutes(30) }));
            Assert.Single(Copies(Rules, "A", Some.Request() with { ReceivedAt = halfPastFour.AddDays(-1) }));
        }
    }

    [Fact]
    public void Address_in_two_rules_gets_one_copy() =>
        Assert.Equal(
            ["x@example.org"], Copies("""[ { "to": "x@example.org" }, { "when": { "service": ["A"] }, "to": "x@example.org" } ]""", "A", Some.Request()));

    [Theory]
    [InlineData("""[ { "to": "nobody" } ]""", "$.alsoSend[0].to: \"nobody\" is not a valid e-mail address")]
    [InlineData(
        """[ { "to": "first@council.example; second@council.example" } ]""",
        "$.alsoSend[0].to: \"first@council.example; second@council.example\" is not a valid e-mail address; several addresses must be a list of strings")]
    [InlineData("""[ { "to": 7 } ]""", "$.alsoSend[0].to: must be an e-mail address or a list of e-mail addresses")]
    [InlineData("""[ { "when": { "services": ["A"] }, "to": "x@example.org" } ]""", "$.alsoSend[0].when.services: is not known; known conditions: "
        + "service, group, plan.<fact>, attribute.<code>, officeHours, any")]
    [InlineData("""[ { "when": { "service": "A" }, "to": "x@example.org" } ]""", "$.alsoSend[0].when.service: must be a list of at least one string")]
    [InlineData("""[ { "when": { "any": [ { "officeHours": 1 } ] }, "to": "x@example.org" } ]""", "$.alsoSend[0].when.any[0].officeHours: must be true or "
        + "false")]
    [InlineData("""[], "officeHours": { "from": "9" }""", "$.officeHours.from: must be a time such as 09:00, not \"9\"")]
    public void Errors_are_reported_with_their_path(string rules, string error) =>
        Assert.Contains(error, Read(rules).Errors.Select(m => m.ToString()));

    private static ServiceRequest Answered(string code, string value) => Some.Request() with { Answers = [new ReportAnswer { Code = code, Values = [value] }] };

    private static IEnumerable<string> Copies(string rules, string service, ServiceRequest request, RequestPlan? plan = null) =>
        Read(rules).Council!.Copies.For(service, request, plan).Select(c => c.To.Name["copy:".Length..]);

    private static ParsedCouncilFile Read(string rules) =>
        CouncilFileReader.Read(System.Text.Encoding.UTF8.GetBytes(Some.EmailCouncil("c", $"\"alsoSend\": {rules},")));
}

using PluginGateway.Core.Councils;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Councils;

public sealed class CouncilFileReaderTests
{
    [Fact]
    public void Read_a_good_file_with_comments_and_trailing_commas()
    {
        var council = TestCouncils.Read("""
            // a comment
            { "jurisdictionId": "a", "name": "A", "mode": "direct", "answerWithin": "5s", "whenSlow": "retryLater",
              "backends": { "b": { "adapter": "email", "prefix": "X-", "limit": 2, "repeat": "both", "attemptWithin": "2m", "settings": { "to": "a@b.c" }, }, }, }
            """);

        Assert.Equal((AnswerMode.Direct, TimeSpan.FromSeconds(5), WhenSlow.RetryLater), (council.Mode, council.AnswerWithin, council.WhenSlow));
        var backEnd = council.BackEnds["b"];
        Assert.Equal(("X-", 2, TimeSpan.FromMinutes(2), "a/b"), (backEnd.Prefix, backEnd.Limit, backEnd.AttemptWithin, backEnd.Key));
    }

    [Fact]
    public void Read_names_every_error_at_once()
    {
        var errors = TestCouncils.Errors("""
            { "jurisdictionId": "a b", "name": " ", "timeZone": "Mars/North", "answerWithin": "2m", "sendMethod": "c", "catalogue": [ "d" ],
              "bounds": { "south": 2, "north": 1, "west": 0, "east": 1 },
              "backends": { "Bad Name": { "adapter": "email", "prefix": "PG1", "limit": 0, "attemptWithin": "1h", "settings": [], "idPattern": "(" } },
              "services": [
                { "code": "X", "backend": "nobody", "group": "a", "groups": [ "b" ], "keywords": [ "a,b" ],
                  "questions": [ { "code": "Ä" }, { "code": "Q", "values": [ { "key": "a" } ] }, { "code": "Q", "type": "singleValueList" } ] },
                { "code": "X" } ] }
            """);

        Assert.Equal(
            [
                "$.jurisdictionId: must be 1 to 80 letters, digits, dots, hyphens and underscores",
                "$.name: must not be empty",
                "$.timeZone: \"Mars/North\" is not a time zone such as Europe/London",
                "$.answerWithin: must be a time such as 20s, at most 60s",
                "$.bounds: south must be below north and west below east",
                "$.backends.Bad Name: a back end's name is 1 to 40 lower-case letters, digits and hyphens, beginning with a letter",
                "$.backends.Bad Name.prefix: must not begin with PG: the gateway's own ids do",
                "$.backends.Bad Name.limit: must be 1 to 100",
                "$.backends.Bad Name.settings: must be an object",
                "$.backends.Bad Name.attemptWithin: must be a time such as 120s, at most 400s",
                "$.backends.Bad Name.idPattern: is not a regular expression (without back references and look-around)",
                "$.sendMethod: \"c\" is not one of backends",
                "$.catalogue[0]: \"d\" is not one of backends",
                "$.services[0].groups: stands beside group; use one of them",
                "$.services[0].keywords: a keyword must not contain a comma",
                "$.services[0].backend: \"nobody\" is not one of backends",
                "$.services[0].questions[0].code: must be 1 to 100 ASCII characters without square brackets: clients garble others",
                "$.services[0].questions[1].values: only a list has values",
                "$.services[0].questions[2].code: \"Q\" is given twice",
                "$.services[0].questions[2].values: a list needs values",
                "$.services[1].code: \"X\" is given twice",
            ],
            errors);
    }

    [Fact]
    public void Read_two_publishers_with_one_prefix_is_an_error() => Assert.Equal(
        ["$.catalogue: a and b publish with the same prefix \"\""],
        TestCouncils.Errors("""
            { "jurisdictionId": "x", "name": "X", "catalogue": [ "a", "b" ], "backends": { "a": { "adapter": "open311" }, "b": { "adapter": "open311" } } }
            """));

    [Theory]
    [InlineData("timeZone")]
    [InlineData("aliases")]
    [InlineData("services")]
    [InlineData("examples")]
    [InlineData("answerWithin")]
    public void Read_null_is_an_error_and_never_an_accident(string member) => Assert.StartsWith(
        $"$.{member}: must be ",
        TestCouncils.Errors($$"""{ "jurisdictionId": "x", "name": "X", "{{member}}": null, "backends": { "a": { "adapter": "email" } } }""").Single(),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("{", "$: is not JSON: line 1, character 2")]
    [InlineData("[]", "$: must be an object, not a list")]
    public void Read_what_is_no_council_says_so(string json, string expected) => Assert.Equal([expected], TestCouncils.Errors(json));
}

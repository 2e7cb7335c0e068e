using PluginGateway.Core.Councils;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Councils;

public sealed class CouncilFileReaderTests
{
    [Fact]
    public void Read_accepts_comments_and_trailing_commas()
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
    public void Read_reports_all_errors_together()
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
                "$.jurisdictionId: must be 1 to 80 letters, digits, dots, hyphens and underscores, and start with a letter or digit",
                "$.name: must not be empty",
                "$.timeZone: must be a time zone such as Europe/London, not \"Mars/North\"",
                "$.answerWithin: must be a duration from 1ms to 60s, such as 20s",
                "$.bounds: south must be less than north, and west must be less than east",
                "$.backends.Bad Name: the name of a back end must be 1 to 40 lower-case letters, digits and hyphens, and start with a letter",
                "$.backends.Bad Name.prefix: must not start with PG, which is reserved for the gateway's own ids",
                "$.backends.Bad Name.limit: must be from 1 to 100",
                "$.backends.Bad Name.settings: must be an object",
                "$.backends.Bad Name.attemptWithin: must be a duration from 1ms to 400s, such as 120s",
                "$.backends.Bad Name.idPattern: must be a valid regular expression without backreferences and lookarounds",
                "$.sendMethod: \"c\" is not known; known back ends: Bad Name",
                "$.catalogue[0]: \"d\" is not known; known back ends: Bad Name",
                "$.services[0].groups: must not be combined with group; use only one of them",
                "$.services[0].keywords: must not contain keywords with commas",
                "$.services[0].backend: \"nobody\" is not known; known back ends: Bad Name",
                "$.services[0].questions[0].code: must be 1 to 100 printable ASCII characters without square brackets; clients corrupt others",
                "$.services[0].questions[1].values: must be empty, because the type is not a list",
                "$.services[0].questions[2].code: must be unique; \"Q\" is given twice",
                "$.services[0].questions[2].values: must not be empty, because the type is a list",
                "$.services[1].code: must be unique; \"X\" is given twice",
            ],
            errors);
    }

    [Fact]
    public void Read_rejects_two_catalogues_with_the_same_prefix() => Assert.Equal(
        ["$.catalogue: must not contain back ends with the same prefix; a and b have the prefix \"\""],
        TestCouncils.Errors("""
            { "jurisdictionId": "x", "name": "X", "catalogue": [ "a", "b" ], "backends": { "a": { "adapter": "open311" }, "b": { "adapter": "open311" } } }
            """));

    [Theory]
    [InlineData("timeZone")]
    [InlineData("aliases")]
    [InlineData("services")]
    [InlineData("examples")]
    [InlineData("answerWithin")]
    public void Read_rejects_null(string member) => Assert.StartsWith(
        $"$.{member}: must be ",
        TestCouncils.Errors($$"""{ "jurisdictionId": "x", "name": "X", "{{member}}": null, "backends": { "a": { "adapter": "email" } } }""").Single(),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\u00E9")]
    public void Read_reports_text_that_is_not_UTF_8(string text)
    {
        // Every character is one byte, as an editor that does not use UTF-8 saves it.
        var content = System.Text.Encoding.Latin1.GetBytes(Some.EmailCouncil("x").Replace("Missed bin", $"Missed{text}", StringComparison.Ordinal));

        var errors = CouncilFileReader.Read(content).Errors;

        Assert.Matches(@"^\$: contains a text in line [0-9]+ that is not valid UTF-8; save the file in UTF-8$", Assert.Single(errors).ToString());
    }

    [Theory]
    [InlineData("{", "$: is not valid JSON: line 1, character 2")]
    [InlineData("[]", "$: must be an object, not a list")]
    public void Read_reports_content_that_is_no_council(string json, string expected) => Assert.Equal([expected], TestCouncils.Errors(json));
}

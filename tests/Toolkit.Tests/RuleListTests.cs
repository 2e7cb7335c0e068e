using System.Text.Json;
using PluginGateway.Adapters.Toolkit.Rules;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class RuleListTests
{
    private static readonly RuleSyntax Anything = new() { FindInputProblem = static _ => null, FindOutputProblem = static _ => null };

    [Theory]
    [InlineData("""{ "when": { "x": "a" } }""", " A ", true)]
    [InlineData("""{ "when": { "x": [ "b", "a " ] } }""", "A", true)]
    [InlineData("""{ "when": { "x": { "ne": "a" } } }""", "A", false)]
    [InlineData("""{ "matchCase": true, "when": { "x": "a" } }""", "A", false)]
    [InlineData("""{ "matchCase": true, "when": { "x": "a" } }""", "a ", true)]
    [InlineData("""{ "matchCase": false, "when": { "x": "a" } }""", "A", true)]
    public void Lenient_rules_ignore_spaces_and_case(string rule, string input, bool holds)
    {
        var errors = new List<SettingsError>();
        var json = JsonSerializer.SerializeToElement(new[] { JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(rule)!
            .Append(new("then", JsonElement.Parse("""{ "y": "1" }"""))).ToDictionary() });

        var rules = RuleList.Read(json, "$", Anything with { IsLenient = true }, errors);

        Assert.Empty(errors);
        Assert.Equal(holds, rules.First(_ => input) is not null);
    }

    [Fact]
    public void Lenient_table_ignores_spaces_and_case()
    {
        var rules = RuleList.Read(
            JsonElement.Parse("""[ { "set": "y", "by": "x", "values": { "Cr ": "1" } } ]"""), "$", Anything with { IsLenient = true }, []);

        Assert.Equal("1", rules.First(_ => " CR")!["y"]);
    }

    [Fact]
    public void Match_case_is_known_only_in_lenient_lists()
    {
        var errors = new List<SettingsError>();
        RuleList.Read(JsonElement.Parse("""[ { "matchCase": true, "then": { "y": "1" } } ]"""), "$", Anything, errors);
        RuleList.Read(JsonElement.Parse("""[ { "matchCase": 1, "then": { "y": "1" } } ]"""), "$", Anything with { IsLenient = true }, errors);

        Assert.Equal(["$[0].matchCase", "$[0].matchCase"], errors.Select(e => e.Path));
        Assert.Equal("must be true or false", errors[1].Message);
    }

    [Theory]
    [InlineData("""{ "x": "a" }""", "a", true)]
    [InlineData("""{ "x": "a" }""", "A", false)]
    [InlineData("""{ "x": "" }""", null, true)]
    [InlineData("""{ "x": [ "b", "a" ] }""", "a", true)]
    [InlineData("""{ "x": { "ne": "a" } }""", "b", true)]
    [InlineData("""{ "x": { "ne": "a" } }""", null, true)]
    [InlineData("""{ "x": { "ne": [ "a", "b" ] } }""", "b", false)]
    [InlineData("""{ "x": { "gt": 9 } }""", "10", true)]
    [InlineData("""{ "x": { "lt": 9 } }""", "10", false)]
    [InlineData("""{ "x": { "gt": "9" } }""", "ten", false)]
    [InlineData("""{ "x": { "gt": 100 } }""", "1e3", true)]
    [InlineData("""{ "x": { "gt": 100 } }""", " 150 ", true)]
    [InlineData("""{ "x": { "gt": 100 } }""", "120 cm", false)]
    [InlineData("""{ "x": { "gt": "b" } }""", "c", true)]
    [InlineData("""{ "x": "b" }""", "a\u001Fb", true)]
    [InlineData("""{ "x": { "like": "^b$" } }""", "a\u001Fb", true)]
    [InlineData("""{ "x": { "ne": "b" } }""", "a\u001Fb", false)]
    [InlineData("""{ "x": { "lt": 9.5 } }""", "-3", true)]
    [InlineData("""{ "x": { "gt": 1 } }""", null, false)]
    [InlineData("""{ "x": { "lt": 1 } }""", "", false)]
    [InlineData("""{ "x": { "like": "^A[0-9]+$" } }""", "A2", true)]
    [InlineData("""{ "x": { "like": "b" } }""", "abc", true)]
    [InlineData("""{ "x": { "exists": true } }""", "", true)]
    [InlineData("""{ "x": { "exists": false } }""", null, true)]
    [InlineData("""{ "x": { "gt": 1, "lt": 5 } }""", "3", true)]
    [InlineData("""[ "x", { "gt": 1 }, "x", { "lt": 5 } ]""", "6", false)]
    [InlineData("""{ "not": { "x": "a" } }""", "b", true)]
    [InlineData("""{ "or": [ { "x": "a" }, { "x": "b" } ] }""", "b", true)]
    [InlineData("""{ "and": [ { "x": { "like": "a" } }, [ "x", { "like": "b" } ] ] }""", "ab", true)]
    [InlineData("{}", null, true)]
    public void Condition_holds_only_for_matching_values(string when, string? x, bool holds)
    {
        var rules = Read($$"""[ { "when": {{when}}, "then": { "y": "1" } } ]""");

        Assert.Equal(holds, rules.First(name => name == "x" ? x : null) is not null);
    }

    [Fact]
    public void Later_rules_use_the_results_of_earlier_ones_and_override_them()
    {
        var rules = Read("""
            [ { "name": "one", "when": { "size": "L" }, "then": { "priority": "P2", "team": "A" } },
              { "name": "two", "when": { "priority": "P2", "road": { "ne": "" } }, "then": { "priority": "P1 on {road}" } },
              { "name": "table", "set": "next", "by": "road", "values": { "A2": "S1" }, "else": "S6" },
              { "name": "none", "set": "never", "by": "road", "values": {} } ]
            """);
        var facts = new Dictionary<string, string> { ["size"] = "L", ["road"] = "A2" };
        var trace = new List<PlanStep>();

        rules.ApplyAll(facts.GetValueOrDefault, (name, value) => facts[name] = value, trace);

        Assert.Equal(("P1 on A2", "A", "S1"), (facts["priority"], facts["team"], facts["next"]));
        Assert.DoesNotContain("never", facts.Keys);
        Assert.Equal(
            [
                new PlanStep { Rule = "one", Inputs = "size=L", Output = "priority=P2, team=A" },
                new PlanStep { Rule = "two", Inputs = "priority=P2, road=A2", Output = "priority=P1 on A2" },
                new PlanStep { Rule = "table", Inputs = "road=A2", Output = "next=S1" },
                new PlanStep { Rule = "none", Inputs = "road=A2", Output = "" },
            ],
            trace);
        Assert.Equal(["priority", "road", "size"], rules.Inputs.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void First_matching_rule_wins_and_every_evaluation_is_traced()
    {
        var rules = Read(
            """[ { "when": { "s": "1" }, "then": { "status": "open" } }, { "then": { "status": "fixed", "code": "{s}{{x}}" } }, { "then": { "status": "never" } } ]""");
        var trace = new List<PlanStep>();

        var decided = rules.First(_ => "2", trace);

        Assert.Equal(("fixed", "2{x}"), (decided!["status"], decided["code"]));
        Assert.Equal([("rule 1", "s=2", ""), ("rule 2", "", "status=fixed, code=2{x}")], trace.Select(s => (s.Rule, s.Inputs, s.Output)));
    }

    [Fact]
    public void Undefined_rules_are_read_as_an_empty_list()
    {
        Assert.Equal(0, RuleList.Read(default, "$", Anything, []).Count);
        Assert.Null(RuleList.Empty.First(_ => "x"));
    }

    [Theory]
    [InlineData("{}", "$", "list of rules")]
    [InlineData("[ 1 ]", "$[0]", "object with when and then")]
    [InlineData("""[ { "when": [ "x", "1", "y" ], "then": { "z": "1" } } ]""", "$[0].when", "odd number")]
    [InlineData("""[ { "when": { "x": { "almost": "1" } }, "then": { "z": "1" } } ]""", "$[0].when.x.almost", "is not an operator")]
    [InlineData("""[ { "when": { "x": [] }, "then": { "z": "1" } } ]""", "$[0].when.x", "must not be empty")]
    [InlineData("""[ { "when": { "x": { "exists": "yes" } }, "then": { "z": "1" } } ]""", "$[0].when.x.exists", "true or false")]
    [InlineData("""[ { "when": { "or": [ { "x": { "like": "[" } } ] }, "then": { "z": "1" } } ]""", "$[0].when.or[0].x.like", "regular expression")]
    [InlineData("""[ { "when": { "x": { "like": "(?=a)" } }, "then": { "z": "1" } } ]""", "$[0].when.x.like", "look-around")]
    [InlineData("""[ { "when": { "x": "1" } } ]""", "$[0].then", "is missing")]
    [InlineData("""[ { "wenn": { "x": "1" }, "then": { "z": "1" } } ]""", "$[0].wenn", "is not known")]
    [InlineData("""[ { "then": { "z": "}" } } ]""", "$[0].then.z", "brace")]
    [InlineData("""[ { "then": { "z": "1", "z": "2" } } ]""", "$[0].then.z", "is given twice")]
    [InlineData("""[ { "when": { "x": "1", "x": "2" }, "then": { "z": "1" } } ]""", "$[0].when.x", "is given twice")]
    [InlineData("""[ { "when": { "x": {} }, "then": { "z": "1" } } ]""", "$[0].when.x", "operator")]
    [InlineData("""[ { "then": {} } ]""", "$[0].then", "an output and a text")]
    [InlineData("""[ { "name": 1, "then": { "z": "1" } } ]""", "$[0].name", "must be a string")]
    [InlineData("""[ { "by": "x", "then": { "z": "1" } } ]""", "$[0].by", "together with set")]
    [InlineData("""[ { "set": "z", "by": "x", "values": { "a": "1", "a": "2" } } ]""", "$[0].values.a", "is given twice")]
    [InlineData("""[ { "then": { "z": [ "1" ] } } ]""", "$[0].then.z", "a string")]
    [InlineData("""[ { "set": "z", "values": {} } ]""", "$[0].by", "is missing")]
    [InlineData("""[ { "set": "z", "by": "x", "values": [] } ]""", "$[0].values", "object that maps values")]
    [InlineData("""[ { "set": "z", "by": "x", "values": {}, "then": {} } ]""", "$[0].then", "cannot be combined with set")]
    public void Invalid_rules_are_reported_with_their_path(string json, string path, string message)
    {
        var errors = new List<SettingsError>();
        RuleList.Read(JsonElement.Parse(json), "$", Anything, errors);

        Assert.Contains(errors, m => m.Path == path && m.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_and_values_are_checked_against_the_syntax()
    {
        var syntax = new RuleSyntax
        {
            FindInputProblem = RuleSyntax.OneOf(["size"], "attribute."),
            FindOutputProblem = RuleSyntax.OneOf(["priority"]),
            FindValueProblem = static (_, value) => value == "P1" ? null : "must be P1",
        };
        var errors = new List<SettingsError>();
        RuleList.Read(
            JsonElement.Parse(
                """[ { "when": { "sise": "L", "attribute.x": "1", "attribute.": "1" }, "then": { "priority": "P2", "team": "A" } }, { "then": { "priority": "{colour}" } } ]"""), "$.rules", syntax, errors);

        Assert.Equal(
            ["$.rules[0].when.sise", "$.rules[0].when.attribute.", "$.rules[0].then.priority", "$.rules[0].then.team", "$.rules[1].then.priority"],
            errors.Select(m => m.Path));
    }

    private static RuleList Read(string json)
    {
        var errors = new List<SettingsError>();
        var rules = RuleList.Read(JsonElement.Parse(json), "$", Anything, errors);
        Assert.Empty(errors);
        return rules;
    }
}

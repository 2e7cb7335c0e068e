using System.Text.Json.Nodes;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>Tests that every error in a council's settings is reported with its JSON path.</summary>
public sealed class SettingsTests
{
    [Fact]
    public async Task Bexley_file_is_valid() =>
        Assert.Equal(30, (await ((IServiceCatalogue)Bexley.Adapter(Bexley.Settings(), TimeProvider.System)).GetServicesAsync(default)).Count);

    [Theory]
    [InlineData("""["attribute.depth"]""", "$.categories.POTH.rules[0].when", "odd number")]
    [InlineData("""{ "attribute.depht": "deep" }""", "$.categories.POTH.rules[0].when.attribute.depht", "is not known")]
    [InlineData("""{ "attribute.depth": { "equals": "deep" } }""", "$.categories.POTH.rules[0].when.attribute.depth.equals", "is not an operator")]
    [InlineData("""{ "attribute.depth": { "like": "(" } }""", "$.categories.POTH.rules[0].when.attribute.depth.like", "regular expression")]
    [InlineData("""{ "or": { "attribute.depth": "deep" } }""", "$.categories.POTH.rules[0].when.or", "list of conditions")]
    [InlineData("""{ "attribute.depth": [ "deep", null ] }""", "$.categories.POTH.rules[0].when.attribute.depth[1]", "a string or a number")]
    [InlineData("\"deep\"", "$.categories.POTH.rules[0].when", "object of conditions")]
    public void Invalid_condition_is_reported_with_its_path(string when, string path, string message) =>
        AssertError(s => s["categories"]!["POTH"]!["rules"]![0]!["when"] = JsonNode.Parse(when), path, message);

    [Fact]
    public void Invalid_settings_are_reported_with_their_path()
    {
        AssertError(s => s["categories"]!["POTH"]!["rules"]![0]!["then"]!["Prioritee"] = "P1", "$.categories.POTH.rules[0].then.Prioritee", "is not known");
        AssertError(s => s["categories"]!["POTH"]!["parameters"]!["AnalysisCode3"] = "X", "$.categories.POTH.parameters.AnalysisCode3", "not a field");
        AssertError(s => s["requestDefaults"]!["InWebRequestID"] = "X", "$.requestDefaults.InWebRequestID", "not a field");
        AssertError(s => s["customerDefaults"]!["Name"] = "X", "$.customerDefaults.Name", "not a field of a customer");
        AssertError(s => s["updates"]!["statuses"]![1]!["then"]!["status"] = "repaired", "$.updates.statuses[1].then.status", "is not a status");
        AssertError(s => s["rules"] = "none", "$.rules", "list of rules");
        AssertError(s => s["rules"]![0]!["then"] = null, "$.rules[0].then", "must be an object");
        AssertError(s => s["rules"]![0]!.AsObject().Remove("then"), "$.rules[0].then", "is missing");
        AssertError(s => s["rules"]![1]!["values"]!["10101010"] = new JsonArray(), "$.rules[1].values.10101010", "a string or a number");
        AssertError(s => s["extraFields"]![0]!["value"] = "{attribute.nobody}", "$.extraFields[0].value", "is not known");
        AssertError(s => s["extraFields"]![0]!["value"] = "{attribute", "$.extraFields[0].value", "brace");
        AssertError(s => s["endpointUrl"] = "symology", "$.endpointUrl", "address");
        AssertError(s => s.Remove("endpointPassword"), "$.endpointPassword", "must be set together");
        AssertError(s => s["categories"]!["POTH"]!["questions"]![1]!["code"] = "depth", "$.categories.POTH.questions[1].code", "is given twice");
        AssertError(s => s["categories"]!["POTH"]!["questions"]![1]!["code"] = "NSGRef", "$.categories.POTH.questions[1].code", "every category has");
        AssertError(
            s => s["updates"]!["statuses"]![3]!["then"] = new JsonObject { ["description"] = "x" }, "$.updates.statuses[3].then.status", "is missing");
        AssertError(s => s["updates"]!["dateFormat"] = "Q", "$.updates.dateFormat", "date and time format");
        AssertError(s => s["descriptionRules"]![0]!["then"] = new JsonObject { ["Priority"] = "P1" }, "$.descriptionRules[0].then.Priority", "is not known");
        AssertError(s => s["categories"]!["POTH"]!["colour"] = "red", "$.categories.POTH.colour", "is not known");
    }

    [Fact]
    public void All_errors_are_reported_together() => Assert.Equal(3, Bexley.Errors(s =>
    {
        s["endpointUrl"] = "x";
        s["updates"]!["urls"]![2] = "y";
        s["requestDefaults"]!["Z"] = "z";
    }).Count);

    private static void AssertError(Action<JsonObject> edit, string path, string message) => Assert.Contains(
        Bexley.Errors(edit), m => m.Path == path && m.Message.Contains(message, StringComparison.Ordinal));
}

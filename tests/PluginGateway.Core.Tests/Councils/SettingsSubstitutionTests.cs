using System.Text.Json;
using NSubstitute;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Tests.Councils;

public sealed class SettingsSubstitutionTests
{
    private readonly ISecrets _secrets = Substitute.For<ISecrets>();
    private readonly IPublicUrl _self = Substitute.For<IPublicUrl>();
    private readonly List<SettingsError> _errors = [];

    [Fact]
    public void Substitute_replaces_secrets_and_self_at_any_depth()
    {
        _secrets.Find("PASSWORD").Returns("p\"w");
        _self.Url.Returns("https://gateway/");

        var substituted = SubstituteIn("""{ "a": { "b": [ "${secret:PASSWORD}", "x-${self}/v2" ] }, "n": 5, "t": true }""");

        Assert.Equal(
            """{"a":{"b":["p\"w","x-https://gateway/v2"]},"n":5,"t":true}""", substituted.GetRawText().Replace("\\u0022", "\\\"", StringComparison.Ordinal));
        Assert.Empty(_errors);
    }

    [Fact]
    public void Substitute_reports_unknown_placeholders()
    {
        _secrets.Find("NONE").Returns((string?)null);
        _secrets.DescribeMissing("NONE").Returns("it is missing");
        SubstituteIn("""{ "a": "${secret:NONE}", "b": [ "${other}" ] }""");

        Assert.Equal(
            [
                "$.a: it is missing",
                "$.b[0]: ${other} is not known; known placeholders: ${secret:NAME}, ${self}",
            ],
            _errors.Select(m => m.ToString()));
    }

    [Theory]
    [InlineData("GATEWAY_KEY")]
    [InlineData("gateway_key")]
    [InlineData("KEY_CERTIFICATE_PASSWORD")]
    [InlineData("OPENID_CLIENT_SECRET")]
    public void Own_secrets_of_the_gateway_reach_no_back_end(string name)
    {
        _secrets.Find(name).Returns("canary");

        var substituted = SubstituteIn(new System.Text.Json.Nodes.JsonObject { ["a"] = $"${{secret:{name}}}" }.ToJsonString());

        Assert.DoesNotContain("canary", substituted.GetRawText(), StringComparison.Ordinal);
        Assert.Equal($"$.a: the secret {name} is the gateway's own and cannot be used in a council file", Assert.Single(_errors).ToString());
    }

    [Theory]
    [InlineData("Bearer ${secret:KEY}")]
    [InlineData("https://user:${secret:KEY}@council.example")]
    [InlineData("${secret:KEY}\n")]
    [InlineData(" ${secret:KEY}")]
    [InlineData("${secret:}")]
    [InlineData("${secret:A/B}")]
    [InlineData("${secret:KEY")]
    public void Secret_is_a_whole_value(string value)
    {
        _secrets.Find("KEY").Returns("canary");

        var substituted = SubstituteIn(new System.Text.Json.Nodes.JsonObject { ["a"] = value }.ToJsonString());

        Assert.DoesNotContain("canary", substituted.GetRawText(), StringComparison.Ordinal);
        if (value.EndsWith("KEY", StringComparison.Ordinal))
            Assert.Empty(_errors);
        else
            Assert.StartsWith("$.a: a secret must be the whole value", Assert.Single(_errors).ToString(), StringComparison.Ordinal);
        Assert.Empty(SettingsSubstitution.SecretNames(JsonElement.Parse(new System.Text.Json.Nodes.JsonObject { ["a"] = value }.ToJsonString())));
    }

    [Fact]
    public void Names_of_secrets_are_those_of_whole_values() =>
        Assert.Equal(["A", "B"], SettingsSubstitution.SecretNames(JsonElement.Parse("""{ "x": ["${secret:A}", { "${secret:C}": "${secret:B}" }], "y": "${secret:A}" }""")));

    private JsonElement SubstituteIn(string json) => new SettingsSubstitution(_secrets, _self).Substitute(JsonElement.Parse(json), "$", _errors);
}

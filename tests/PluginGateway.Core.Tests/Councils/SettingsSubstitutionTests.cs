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
        SubstituteIn("""{ "a": "${secret:NONE}", "b": [ "${other}" ] }""");

        Assert.Equal(
            [
                "$.a: the secret NONE is missing; set the environment variable NONE or create the file NONE in the secrets folder",
                "$.b[0]: ${other} is not known; known placeholders: ${secret:NAME}, ${self}",
            ],
            _errors.Select(m => m.ToString()));
    }

    private JsonElement SubstituteIn(string json) => new SettingsSubstitution(_secrets, _self).Substitute(JsonElement.Parse(json), "$", _errors);
}

using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Tests.Reports;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("500 for api_key=abc123&x=1", "500 for api_key=[removed]&x=1")]
    [InlineData("{\"password\": \"hunter2\"}", "{\"password\": \"[removed]\"}")]
    [InlineData("Authorization: Bearer eyJ0.x.y", "Authorization: Bearer [removed]")]
    [InlineData("mail to jo.bloggs@example.org failed", "mail to [removed] failed")]
    [InlineData("call 020 7946 0018 or +44 20 7946 0018", "call [removed] or [removed]")]
    [InlineData("Bloggs at 12 High St", "[removed] at 12 High St")]
    [InlineData("404 Not Found", "404 Not Found")]
    public void Clean_removes_secrets_and_personal_data(string text, string expected) =>
        Assert.Equal(expected, Redaction.Clean(text, new Reporter { LastName = "Bloggs" }));

    [Fact]
    public void Clean_truncates_long_texts() => Assert.Equal(4_000, Redaction.Clean(new string('x', 10_000), null).Length);
}

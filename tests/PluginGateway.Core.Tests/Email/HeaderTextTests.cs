using PluginGateway.Core.Email;

namespace PluginGateway.Core.Tests.Email;

public sealed class HeaderTextTests
{
    [Theory]
    [InlineData("a\r\nBcc: x@y.z", "a Bcc: x@y.z")]
    [InlineData("a\u2028b\u0000c\u200bd", "a b c d")]
    [InlineData("  a   b  ", "a b")]
    [InlineData(null, "")]
    public void Header_is_reduced_to_one_clean_line(string? text, string expected) => Assert.Equal(expected, HeaderText.Clean(text));

    [Fact]
    public void Long_header_is_truncated_between_characters()
    {
        var clean = HeaderText.Clean(string.Concat(Enumerable.Repeat("🚧", 50)), 9);

        Assert.Equal("🚧🚧🚧🚧…", clean);
    }
}

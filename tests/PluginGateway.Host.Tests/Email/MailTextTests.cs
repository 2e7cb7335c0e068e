using PluginGateway.Host.Email;

namespace PluginGateway.Host.Tests.Email;

public sealed class MailTextTests
{
    [Theory]
    [InlineData("a\r\nBcc: x@y.z", "a Bcc: x@y.z")]
    [InlineData("a\u2028b\u0000c\u200bd", "a b c d")]
    [InlineData("  a   b  ", "a b")]
    [InlineData(null, "")]
    public void A_header_is_one_clean_line(string? text, string expected) => Assert.Equal(expected, HeaderText.Clean(text));

    [Fact]
    public void A_long_header_is_cut_between_characters()
    {
        var clean = HeaderText.Clean(string.Concat(Enumerable.Repeat("🚧", 50)), 9);

        Assert.Equal("🚧🚧🚧🚧…", clean);
    }

    [Fact]
    public void Refold_gives_lines_back_and_keeps_encoded_bytes_whole()
    {
        var euro = string.Concat(Enumerable.Repeat("=E2=82=AC", 20));
        var message = $"Subject: x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nfirst line =0D=0Asec=\r\nond=0D=0A{euro}=0D=0A\r\n--b--\r\n";

        var lines = QuotedPrintable.Refold(message).Split("\r\n");

        Assert.Equal(["first line=20", "second"], lines[3..5]);
        Assert.All(lines, l => Assert.True(l.Length <= 76, l));
        Assert.Contains(euro, string.Join("\r\n", lines).Replace("=\r\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain(lines, l => l.EndsWith("=E", StringComparison.Ordinal) || l.EndsWith("=E=", StringComparison.Ordinal) || l.EndsWith("==", StringComparison.Ordinal));
    }
}

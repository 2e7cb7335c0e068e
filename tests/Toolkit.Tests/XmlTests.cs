using System.Text;
using PluginGateway.Adapters.Toolkit.Xml;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class XmlTests
{
    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>")]
    [InlineData("<!DOCTYPE x SYSTEM 'http://127.0.0.1/x.dtd'><x/>")]
    [InlineData("<x><y></x>")]
    [InlineData("")]
    public void Malicious_or_malformed_xml_is_not_parsed(string xml) => Assert.Null(SafeXml.Parse(Encoding.UTF8.GetBytes(xml)));

    [Fact]
    public void Xml_nested_too_deeply_is_not_parsed()
    {
        static byte[] Nested(int depth) =>
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<x>", depth)) + string.Concat(Enumerable.Repeat("</x>", depth)));

        Assert.NotNull(SafeXml.Parse(Nested(60)));
        Assert.Null(SafeXml.Parse(Nested(100_000)));
        Assert.Null(SafeXml.Parse(null));
    }

    [Fact]
    public void Elements_are_found_by_local_name()
    {
        var root = SafeXml.Parse("<a xmlns='urn:1' xmlns:b='urn:2'><b:row><n> 1 </n></b:row><row><n/></row><other/></a>"u8.ToArray());

        Assert.Equal(["1", ""], root.Children("row").Select(r => r.Text("n")));
        Assert.Equal(("1", null, ""), (root.Child("row").TextOrNull("n"), root.TextOrNull("none"), root.Child("none").Text("n")));
        Assert.Empty(root.Child("none").Children("row"));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u0000b\u0007c\u000Bd\uFFFFe\tf\ng", "abcde\tf\ng")]
    [InlineData("🕳", "🕳")]
    public void Characters_that_are_invalid_in_xml_are_removed(string text, string clean) => Assert.Equal(clean, XmlCharacters.Clean(text));

    [Fact]
    public void Unpaired_surrogates_are_removed() => Assert.Equal("ab", XmlCharacters.Clean("a\uD83Db\uDD73"));
}

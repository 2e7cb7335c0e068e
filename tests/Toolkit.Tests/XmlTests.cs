using System.Text;
using PluginGateway.Adapters.Toolkit.Text;
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

    [Theory]
    [InlineData("\n  <?xml version=\"1.0\"?><x>a</x>", "a")]
    [InlineData("\uFEFF<x>a</x>", "a")]
    [InlineData("<x>Thank you\u0003bye, Parks & Gardens, &nbsp;</x>", "Thank youbye, Parks & Gardens, \u00A0")]
    [InlineData("<x>&amp; &lt; &gt; &quot; &apos; &#233; &#xE9; & AT&T</x>", "& < > \" ' é é & AT&T")]
    [InlineData("<x>&eacute;&hellip;&#3;&#xFFFF;&unknown;&</x>", "é…&unknown;&")]
    [InlineData("<x a='1&2'>&#55357;b</x>", "b")]
    public void Common_errors_in_xml_are_corrected(string xml, string text) =>
        Assert.Equal(text, SafeXml.Parse(Encoding.UTF8.GetBytes(xml))!.Value);

    [Theory]
    [InlineData("windows-1252", null, "<?xml version=\"1.0\" encoding=\"windows-1252\"?><x>Council’s €</x>")]
    [InlineData("windows-1252", "iso-8859-1", "<x>Council’s €</x>")]
    [InlineData("iso-8859-15", null, "<?xml version='1.0' encoding='ISO-8859-15'?><x>Straße €</x>")]
    [InlineData("iso-8859-2", "\"ISO-8859-2\"", "<?xml version='1.0'?><x>Łódź</x>")]
    [InlineData("utf-8", "utf8", "<x>Straße</x>")]
    [InlineData("utf-8", "no-such-charset", "<x>Straße</x>")]
    [InlineData("windows-1252", "utf-8", "<?xml version='1.0' encoding='windows-1252'?><x>Straße</x>")]
    [InlineData("windows-1252", "utf-8", "<x>Straße</x>")]
    [InlineData("utf-16", null, "\uFEFF<?xml version='1.0' encoding='utf-16'?><x>Straße</x>")]
    [InlineData("utf-16BE", null, "\uFEFF<x>Straße</x>")]
    [InlineData("shift_jis", "Shift_JIS", "<x>道路</x>")]
    public void Xml_is_decoded_by_header_then_declaration(string encoding, string? charset, string xml)
    {
        var bytes = (Charsets.Find(encoding) ?? Encoding.UTF8).GetBytes(xml);

        Assert.Equal(xml[(xml.IndexOf("<x>", StringComparison.Ordinal) + 3)..^4], SafeXml.Parse(bytes, charset)!.Value);
    }

    [Fact]
    public void Texts_of_nested_elements_are_never_joined()
    {
        var root = SafeXml.Parse("<a><id><part>1</part><part>2</part></id><n>3<b/></n></a>"u8.ToArray());

        Assert.Equal(("", null, ""), (root.Text("id"), root.TextOrNull("id"), root.Text("n")));
    }

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

using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Core.Clients;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Tests.Open311;

/// <summary>
/// Tests that the JSON of a response is the Spark conversion of its XML: the root is dropped, a container with children of one kind is an
/// array, a repeated element is an array, an empty element is omitted. An independent conversion of the XML serves as the reference.
/// </summary>
public sealed class ResponseWriterTests
{
    /// <summary>
    /// The containers of the responses with the names of their children. The conversion needs them to distinguish an empty array from an
    /// absent element.
    /// </summary>
    private static readonly Dictionary<string, string> Containers = new(StringComparer.Ordinal)
    {
        ["root"] = "item",
        ["children"] = "child",
        ["groups"] = "group",
    };

    [Fact]
    public void Json_is_the_spark_conversion_of_xml_for_any_response() =>
        Prop.ForAll(Items().ToArbitrary(), items =>
        {
            var xml = XDocument.Parse(Write(items, xml: true), LoadOptions.PreserveWhitespace).Root!;
            return Same(Spark(xml), JsonNode.Parse(Write(items, xml: false))!)
                .And(Same(Spark(xml, nulls: true), JsonNode.Parse(Write(items, xml: false, ClientProfile.Nulls))!));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Xml_has_a_declaration_and_no_attributes_or_namespaces()
    {
        var xml = Write([new Item("a <b> & 'c' \"d\" ]]> é 🚧", true, 7, 51.5, ["g"], ["u", "v"], [("k", "n")])], xml: true);

        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<root><item>", xml, StringComparison.Ordinal);
        Assert.Contains("<text>a &lt;b&gt; &amp; 'c' \"d\" ]]&gt; é 🚧</text>", xml, StringComparison.Ordinal);
        Assert.DoesNotContain(XDocument.Parse(xml).Descendants(), e => e.HasAttributes || e.Name.Namespace != XNamespace.None);
    }

    [Theory]
    [InlineData("a\u0000b\u0008c\u000bd\u001fe", "abcde")]
    [InlineData("a\uFFFEb\uFFFFc", "abc")]
    [InlineData("tab\tline\nreturn\r", "tab\tline\nreturn\r")]
    [InlineData("🚧", "🚧")]
    public void Clean_removes_characters_that_are_invalid_in_xml(string text, string expected) => Assert.Equal(expected, WireText.Clean(text));

    [Fact]
    public void Clean_removes_unpaired_surrogates() => Assert.Equal("abc🚧", WireText.Clean("a\uD800b\uDC00c🚧\uD83D"));

    private static Gen<Item[]> Items()
    {
        var text = ArbMap.Default.GeneratorFor<string>().Select(s => s ?? "");
        var filled = text.Select(s => "x" + s);
        var item =
            from word in text
            from flag in ArbMap.Default.GeneratorFor<bool>()
            from number in ArbMap.Default.GeneratorFor<int>()
            from degrees in Gen.Choose(-18_000_000, 18_000_000)
            from groups in filled.ListOf()
            from media in filled.ListOf()
            from children in Gen.Zip(filled, filled).ListOf()
            select new Item(word, flag, number, degrees / 100_000.0, [.. groups], [.. media], [.. children]);
        return item.ArrayOf();
    }

    private static Property Same(JsonNode? spark, JsonNode json) =>
        JsonNode.DeepEquals(Plain(json), spark).Label($"{spark?.ToJsonString()}\n{json.ToJsonString()}");

    private static string Write(Item[] items, bool xml, ClientProfile profile = ClientProfile.None)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ResponseSender.Complete(ResponseSender.Writer(xml ? ResponseFormat.Xml : ResponseFormat.Json, buffer, profile), writer =>
        {
            writer.StartList("root", "item");
            foreach (var item in items)
            {
                writer.StartItem();
                writer.TextOrEmpty("text", item.Text);
                writer.Flag("flag", item.Flag);
                writer.Number("number", item.Number);
                writer.Coordinate("lat", item.Degrees);
                writer.Texts("groups", "group", item.Groups);
                writer.Repeated("media_url", item.Media);
                writer.StartChildren("children", "child");
                foreach (var (key, name) in item.Children)
                {
                    writer.StartItem();
                    writer.Text("key", key);
                    writer.Text("name", name);
                    writer.EndItem();
                }

                writer.EndChildren();
                writer.EndItem();
            }

            writer.EndList();
        });
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static JsonNode? Spark(XElement element, bool nulls = false)
    {
        if (Containers.TryGetValue(element.Name.LocalName, out var child))
        {
            Assert.All(element.Elements(), e => Assert.Equal(child, e.Name.LocalName));
            return new JsonArray([.. element.Elements().Select(e => Spark(e, nulls))]);
        }

        if (!element.HasElements)
            return element.Value.Length == 0 ? null : JsonValue.Create(element.Value);

        var result = new JsonObject();
        foreach (var same in element.Elements().GroupBy(e => e.Name.LocalName))
        {
            var values = same.Select(e => Spark(e, nulls)).Where(v => v is not null).ToList();
            if (values.Count == 0 && nulls)
                result[same.Key] = null;
            else if (values.Count == 1)
                result[same.Key] = values[0];
            else if (values.Count > 1)
                result[same.Key] = new JsonArray([.. values]);
        }

        return result;
    }

    /// <summary>Returns the JSON with numbers and flags converted to strings, as in XML.</summary>
    private static JsonNode? Plain(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(p => KeyValuePair.Create(p.Key, Plain(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Plain)]),
        JsonValue v when v.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => JsonValue.Create(v.ToJsonString()),
        JsonValue v => JsonValue.Create(v.GetValue<string>()),
        _ => null,
    };

    private sealed record Item(string Text, bool Flag, int Number, double Degrees, string[] Groups, string[] Media, (string, string)[] Children);
}

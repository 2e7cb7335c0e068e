using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Adapters.Toolkit.Xml;

namespace PluginGateway.Adapters.Open311;

/// <summary>
/// Reads the body of a response as an XML tree. Some endpoints answer in JSON although XML was requested, and some send text that is neither, but
/// plainly contains the id of the case.
/// </summary>
internal static partial class Open311Body
{
    private static readonly string[] Ids = ["service_request_id", "token", "update_id", "service_code"];

    /// <summary>Reads XML or JSON.</summary>
    /// <param name="answer">The response.</param>
    /// <param name="item">The name of an item's element in the XML format, for JSON, in which items have no names; empty for a single object.</param>
    /// <returns>The root element; null if the body is neither.</returns>
    public static XElement? Read(HttpResult answer, string item) => answer.ReadXml() ?? FromJson(answer.Text, item);

    /// <summary>Searches a text that cannot be parsed for the value of an id. Web pages and error bodies are not searched.</summary>
    /// <returns>The value; null if the text does not contain it, or contains different values.</returns>
    public static string? Search(HttpResult answer, string name)
    {
        var text = WithoutComments(answer.Text);
        try
        {
            if (answer.IsWebPage || ErrorElement().IsMatch(text))
                return null;

            var pattern = text.AsSpan().TrimStart() is ['[' or '{', ..] ? JsonValue() : XmlValue();
            return pattern.Matches(text).Where(m => m.Groups["name"].Value == name).Select(m => m.Groups["value"].Value.Trim())
                .Distinct(StringComparer.Ordinal).ToList() is [var value] && IsId(value) ? value : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    /// <summary>Whether a text is an id, and not what programs write when they have none.</summary>
    public static bool IsId(string? text) =>
        text?.ToLowerInvariant() is not (null or "" or "0" or "null" or "nil" or "none" or "true" or "false" or "undefined");

    private static XElement? FromJson(string text, string item)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind switch
            {
                JsonValueKind.Array => Items(json.RootElement, item),
                JsonValueKind.Object when item.Length == 0 => Element("object", json.RootElement),
                JsonValueKind.Object when List(json.RootElement) is { } list => Items(list, item),
                JsonValueKind.Object => new XElement("root", Element(NameOf(json.RootElement, item), json.RootElement)),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text contains half of a surrogate pair, so it cannot be decoded.
            return null;
        }
    }

    /// <summary>Returns the list in an object that only wraps it, such as <c>{ "service_requests": […] }</c>.</summary>
    private static JsonElement? List(JsonElement json)
    {
        if (Ids.Any(id => json.TryGetProperty(id, out _)))
            return null;
        var lists = json.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Array).Select(m => m.Value).ToList();
        // The list of errors may be empty.
        return lists.Count == 0 ? null : lists.Where(l => l.GetArrayLength() > 0).DefaultIfEmpty(lists[0]).First();
    }

    private static XElement Items(JsonElement list, string item) =>
        new(item + "s", list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object).Select(e => Element(NameOf(e, item), e)));

    private static string NameOf(JsonElement json, string item) =>
        Ids.Any(id => json.TryGetProperty(id, out _)) ? item
        : json.TryGetProperty("description", out _) && json.TryGetProperty("code", out _) ? "error"
        : "object";

    private static XElement Element(string name, JsonElement json)
    {
        var element = new XElement(XmlConvert.EncodeLocalName(name) is { Length: > 0 } valid ? valid : "item");
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                element.Add(json.EnumerateObject().Where(m => m.Value.ValueKind != JsonValueKind.Null).SelectMany(Member));
                break;
            case JsonValueKind.Array:
                element.Add(json.EnumerateArray().Select(e => Element("item", e)));
                break;
            default:
                element.Value = Text(json);
                break;
        }

        return element;
    }

    /// <summary>Returns the elements for a member, as the XML format has them: a list in an element with a plural name, or repeated elements.</summary>
    private static IEnumerable<XElement> Member(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.Array when member.Name == "keywords" => [new XElement("keywords", string.Join(',', member.Value.EnumerateArray().Select(Text)))],
        JsonValueKind.Array when !member.Name.EndsWith('s') => member.Value.EnumerateArray().Select(e => Element(member.Name, e)),
        _ => [Element(member.Name, member.Value)],
    };

    private static string Text(JsonElement json) =>
        XmlCharacters.Clean(json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText());

    private static string WithoutComments(string text)
    {
        var (plain, at) = (new StringBuilder(text.Length), 0);
        for (int start; (start = text.IndexOf("<!--", at, StringComparison.Ordinal)) >= 0;)
        {
            plain.Append(text, at, start - at);
            var end = text.IndexOf("-->", start + 4, StringComparison.Ordinal);
            if (end < 0)
                return plain.ToString();
            at = end + 3;
        }

        return plain.Append(text, at, text.Length - at).ToString();
    }

    [GeneratedRegex("<(?:[A-Za-z0-9_.-]{1,40}:)?errors?[\\s>]", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex ErrorElement();

    [GeneratedRegex(
        @"<(?:[A-Za-z0-9_.-]{1,40}:)?(?<name>service_request_id|token|update_id)(?:\s[^<>]{0,200})?>"
            + @"\s*(?:<!\[CDATA\[)?(?<value>[^<>&\]]{1,200})(?:\]\]>)?\s*</",
        RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex XmlValue();

    [GeneratedRegex(
        @"""(?<name>service_request_id|token|update_id)""\s*:\s*(?:""(?<value>[^""\\]{1,200})""|(?<value>[0-9]{1,40}))\s*[,}\]]",
        RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex JsonValue();
}

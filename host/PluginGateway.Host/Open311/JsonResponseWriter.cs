using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginGateway.Host.Open311;

/// <param name="output">The output.</param>
/// <param name="nulls">
/// Whether unknown values are written as null. By default they are omitted, because most clients declare these members as strings that are never
/// null.
/// </param>
internal sealed class JsonResponseWriter(IBufferWriter<byte> output, bool nulls) : ResponseWriter
{
    // Responses are served as application/json with nosniff, so characters do not have to be escaped for HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Utf8JsonWriter _json = new(output, Options);

    public override void StartList(string root, string item) => _json.WriteStartArray();

    public override void EndList() => _json.WriteEndArray();

    public override void StartItem() => _json.WriteStartObject();

    public override void EndItem() => _json.WriteEndObject();

    public override void StartDocument(string root) => _json.WriteStartObject();

    public override void EndDocument() => _json.WriteEndObject();

    public override void StartObject(string name) => _json.WriteStartObject(name);

    public override void EndObject() => _json.WriteEndObject();

    public override void StartChildren(string name, string item) => _json.WriteStartArray(name);

    public override void EndChildren() => _json.WriteEndArray();

    public override void Texts(string name, string item, IReadOnlyList<string> values)
    {
        _json.WriteStartArray(name);
        foreach (var value in Clean(values))
            _json.WriteStringValue(value);
        _json.WriteEndArray();
    }

    public override void Repeated(string name, IReadOnlyList<string> values)
    {
        values = Clean(values);
        if (values.Count == 1)
            WriteText(name, values[0]);
        else if (values.Count > 1)
            Texts(name, name, values);
        else
            WriteEmpty(name);
    }

    public override void Flag(string name, bool value) => _json.WriteBoolean(name, value);

    public override void Number(string name, long value) => _json.WriteNumber(name, value);

    public override void Coordinate(string name, double? value)
    {
        if (value is { } number)
            _json.WriteNumber(name, Math.Round((decimal)number, 8));
        else
            WriteEmpty(name);
    }

    public override void Complete() => _json.Flush();

    protected override void WriteText(string name, string value) => _json.WriteString(name, value);

    protected override void WriteEmpty(string name)
    {
        if (nulls)
            _json.WriteNull(name);
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Writes XML without namespaces, attributes and white space between elements: FixMyStreet treats an id element with an attribute as a failure.
/// <c>XmlWriter</c> is not used, because it would write to a stream, synchronously.
/// </summary>
internal sealed class XmlResponseWriter : ResponseWriter
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create("&<>\r");

    private readonly IBufferWriter<byte> _output;
    private readonly Stack<string> _open = new();
    private readonly Stack<string> _items = new();

    public XmlResponseWriter(IBufferWriter<byte> output)
    {
        _output = output;
        _output.Write("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"u8);
    }

    public override void StartList(string root, string item) => StartChildren(root, item);

    public override void EndList() => EndChildren();

    public override void StartItem() => Start(_items.Peek());

    public override void EndItem() => End();

    public override void StartDocument(string root) => Start(root);

    public override void EndDocument() => End();

    public override void StartObject(string name) => Start(name);

    public override void EndObject() => End();

    public override void StartChildren(string name, string item)
    {
        Start(name);
        _items.Push(item);
    }

    public override void EndChildren()
    {
        _items.Pop();
        End();
    }

    public override void Texts(string name, string item, IReadOnlyList<string> values)
    {
        Start(name);
        foreach (var value in Clean(values))
            WriteText(item, value);
        End();
    }

    public override void Repeated(string name, IReadOnlyList<string> values)
    {
        values = Clean(values);
        if (values.Count == 0)
            WriteEmpty(name);
        foreach (var value in values)
            WriteText(name, value);
    }

    public override void Flag(string name, bool value) => WriteText(name, value ? "true" : "false");

    public override void Number(string name, long value) => WriteText(name, value.ToString(CultureInfo.InvariantCulture));

    public override void Coordinate(string name, double? value)
    {
        if (value is not { } number)
        {
            WriteEmpty(name);
            return;
        }

        Start(name);
        number.TryFormat(_output.GetSpan(40), out var written, "0.########", CultureInfo.InvariantCulture);
        _output.Advance(written);
        End();
    }

    public override void Complete()
    {
        // Everything is already in the output.
    }

    protected override void WriteText(string name, string value)
    {
        Start(name);
        Escape(value);
        End();
    }

    protected override void WriteEmpty(string name)
    {
        Start(name);
        End();
    }

    private void Start(string name)
    {
        Tag("<"u8, name);
        _open.Push(name);
    }

    private void End() => Tag("</"u8, _open.Pop());

    /// <summary>Writes a tag. Names of elements are defined by the gateway and contain only ASCII characters.</summary>
    private void Tag(ReadOnlySpan<byte> start, string name)
    {
        var span = _output.GetSpan(start.Length + name.Length + 1);
        start.CopyTo(span);
        var end = start.Length + Encoding.ASCII.GetBytes(name, span[start.Length..]);
        span[end] = (byte)'>';
        _output.Advance(end + 1);
    }

    private void Escape(string value)
    {
        var rest = value.AsSpan();
        while (rest.IndexOfAny(Escaped) is >= 0 and var at)
        {
            Encoding.UTF8.GetBytes(rest[..at], _output);
            _output.Write(rest[at] switch
            {
                '&' => "&amp;"u8,
                '<' => "&lt;"u8,
                '>' => "&gt;"u8,
                _ => "&#13;"u8,
            });
            rest = rest[(at + 1)..];
        }

        Encoding.UTF8.GetBytes(rest, _output);
    }
}

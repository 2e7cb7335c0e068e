using System.Globalization;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Writes a response in either format, directly as UTF-8. The JSON form is the Spark equivalent of the XML form: the root is omitted, a container
/// with one kind of children is an array, and an unknown value is omitted or null.
/// </summary>
internal abstract class ResponseWriter
{
    /// <summary>Starts a response that is a list: <c>&lt;services&gt;…</c> or an array.</summary>
    public abstract void StartList(string root, string item);

    public abstract void EndList();

    public abstract void StartItem();

    public abstract void EndItem();

    /// <summary>Starts a response that is one object: <c>&lt;service_definition&gt;…</c> or an object.</summary>
    public abstract void StartDocument(string root);

    public abstract void EndDocument();

    /// <summary>Starts an object inside an object, with children of several kinds.</summary>
    public abstract void StartObject(string name);

    public abstract void EndObject();

    /// <summary>Starts a list of objects inside an object.</summary>
    public abstract void StartChildren(string name, string item);

    public abstract void EndChildren();

    /// <summary>Writes a list of texts in a container: <c>&lt;groups&gt;&lt;group&gt;…</c>.</summary>
    public abstract void Texts(string name, string item, IReadOnlyList<string> values);

    /// <summary>Writes a value that repeats without a container. In JSON, one value is a string and several are an array.</summary>
    public abstract void Repeated(string name, IReadOnlyList<string> values);

    /// <summary>Writes an optional text. It is omitted when it is null or empty.</summary>
    public void Text(string name, string? value)
    {
        if (Clean(value) is { } text)
            WriteText(name, text);
    }

    /// <summary>Writes a text that is always present in XML. In JSON, an empty text is omitted or null.</summary>
    public void TextOrEmpty(string name, string? value)
    {
        if (Clean(value) is { } text)
            WriteText(name, text);
        else
            WriteEmpty(name);
    }

    /// <summary>Writes an object whose members are texts. It is omitted when all of them are empty.</summary>
    public void Values(string name, IEnumerable<KeyValuePair<string, string>> values)
    {
        var given = values.Where(v => Clean(v.Value) is not null).OrderBy(v => v.Key, StringComparer.Ordinal).ToList();
        if (given.Count == 0)
            return;

        StartObject(name);
        foreach (var (key, value) in given)
            Text(key, value);
        EndObject();
    }

    public abstract void Flag(string name, bool value);

    public abstract void Number(string name, long value);

    public abstract void Coordinate(string name, double? value);

    /// <summary>Writes a time in UTC, in whole seconds and with <c>Z</c>: the only form that every reader accepts.</summary>
    public void Time(string name, DateTimeOffset? value)
    {
        if (value is { } time)
            WriteText(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>Writes all buffered content to the output. It must be called at the end.</summary>
    public abstract void Complete();

    /// <summary>Returns the cleaned texts of a list, without empty ones.</summary>
    protected static IReadOnlyList<string> Clean(IReadOnlyList<string> values) => [.. values.Select(Clean).OfType<string>()];

    private static string? Clean(string? value) => value is null ? null : WireText.Clean(value) is { Length: > 0 } clean ? clean : null;

    protected abstract void WriteText(string name, string value);

    protected abstract void WriteEmpty(string name);
}

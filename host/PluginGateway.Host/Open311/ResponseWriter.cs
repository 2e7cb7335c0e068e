using System.Globalization;

namespace PluginGateway.Host.Open311;

/// <summary>
/// Writes an answer once for both formats, straight to UTF-8. The two forms are each other's Spark equivalents by construction: the root is
/// dropped in JSON, a container of one kind of child is an array, an unknown value is left out or null.
/// </summary>
internal abstract class ResponseWriter
{
    /// <summary>The answer is a list: <c>&lt;services&gt;…</c> or a bare array.</summary>
    public abstract void StartList(string root, string item);

    public abstract void EndList();

    public abstract void StartItem();

    public abstract void EndItem();

    /// <summary>The answer is one object: <c>&lt;service_definition&gt;…</c> or a bare object.</summary>
    public abstract void StartDocument(string root);

    public abstract void EndDocument();

    /// <summary>An object inside an object, with children of several kinds.</summary>
    public abstract void StartObject(string name);

    public abstract void EndObject();

    /// <summary>A list of objects inside an object.</summary>
    public abstract void StartChildren(string name, string item);

    public abstract void EndChildren();

    /// <summary>A list of texts in a container: <c>&lt;groups&gt;&lt;group&gt;…</c>.</summary>
    public abstract void Texts(string name, string item, IReadOnlyList<string> values);

    /// <summary>A value that repeats without a container: one is a text in JSON, several are an array.</summary>
    public abstract void Repeated(string name, IReadOnlyList<string> values);

    /// <summary>An optional text; null or empty is left out.</summary>
    public void Text(string name, string? value)
    {
        if (Clean(value) is { } text)
            WriteText(name, text);
    }

    /// <summary>A text that is always there in XML, even when empty, and is left out of JSON, or null there, when it is.</summary>
    public void TextOrEmpty(string name, string? value)
    {
        if (Clean(value) is { } text)
            WriteText(name, text);
        else
            WriteEmpty(name);
    }

    /// <summary>An object whose members are texts; left out when none of them has a value.</summary>
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

    /// <summary>UTC, to the second, with <c>Z</c>: the only form that every reader accepts.</summary>
    public void Time(string name, DateTimeOffset? value)
    {
        if (value is { } time)
            WriteText(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>Call it at the end: what is still buffered goes to the output.</summary>
    public abstract void Complete();

    /// <summary>The texts of a list that say anything.</summary>
    protected static IReadOnlyList<string> Clean(IReadOnlyList<string> values) => [.. values.Select(Clean).OfType<string>()];

    private static string? Clean(string? value) => value is null ? null : WireText.Clean(value) is { Length: > 0 } clean ? clean : null;

    protected abstract void WriteText(string name, string value);

    protected abstract void WriteEmpty(string name);
}

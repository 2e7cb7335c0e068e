using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Open311;

/// <summary>
/// The arguments of a call, from its query and form, or those of a report in a file. A blank argument counts as absent. An argument that may occur
/// only once and has several different values is an error, because parsers disagree on which value counts.
/// </summary>
internal sealed class Parameters(IReadOnlyDictionary<string, StringValues> query, FormFields? form = null)
{
    /// <summary>The maximum number of values in a comma-separated list, such as ids or service codes.</summary>
    public const int MaxListed = 100;

    private const string AllAttributes = "attributes";
    private const string AttributeStart = "attribute[";

    /// <summary>The problems in the order in which they were found, each once.</summary>
    private readonly OrderedDictionary<Open311Error, bool> _problems = [];

    /// <summary>All problems with the arguments that have been read so far.</summary>
    public IReadOnlyList<Open311Error> Problems => _problems.Keys;

    public IFormFileCollection? Files => form?.Files;

    /// <summary>Releases the files, after they have been stored.</summary>
    public void ReleaseFiles() => form?.Release();

    private IReadOnlyDictionary<string, StringValues>? Form => form?.Values;

    public void Problem(string description, int code = ErrorCodes.ArgumentWrong) => _problems.TryAdd(new Open311Error(code, description), true);

    /// <summary>Adds the problem that a required argument is missing.</summary>
    public void Missing(string name) => Problem($"{name} was not provided.", ErrorCodes.ArgumentMissing);

    /// <summary>Returns an argument that may occur once; null if it is absent or blank.</summary>
    public string? One(string name)
    {
        string? found = null;
        if (query.Count > 0)
            ReadOnce(name, query.GetValueOrDefault(name), ref found);
        if (Form is not null)
            ReadOnce(name, Form.GetValueOrDefault(name), ref found);
        return found is null ? null : WireText.Lines(found);
    }

    /// <summary>Returns an argument as a single line: line breaks and tabs become spaces.</summary>
    public string? Line(string name) => One(name)?.Replace('\n', ' ').Replace('\t', ' ').Trim();

    /// <summary>Returns the values of an argument that may repeat.</summary>
    public IReadOnlyList<string> Many(string name) => query.Count == 0 && Form?.ContainsKey(name) != true && Form?.ContainsKey(name + "[]") != true
        ? []
        : [.. Values(name).Concat(Values(name + "[]")).Where(v => !string.IsNullOrWhiteSpace(v)).Select(v => WireText.Clean(v!.Trim()))];

    /// <summary>
    /// Returns the different values of an argument that is a comma-separated list and may also repeat. A list that is too long is added to the problems.
    /// </summary>
    public IReadOnlyList<string> Listed(string name)
    {
        var values = new OrderedDictionary<string, bool>(StringComparer.Ordinal);
        foreach (var text in Values(name))
            foreach (var range in text.AsSpan().Split(','))
            {
                var value = text.AsSpan(range).Trim();
                if (value.IsEmpty || !values.TryAdd(WireText.Clean(value.ToString()), true) || values.Count <= MaxListed)
                    continue;
                Problem(string.Create(CultureInfo.InvariantCulture, $"{name} has more than {MaxListed} different values."));
                return [];
            }

        return values.Keys;
    }

    /// <summary>
    /// Returns the answers: <c>attribute[C]=v</c>, <c>attribute[C][]=v</c> and <c>attribute[C][0]=v</c>, and those in
    /// <c>attributes={"C":"v"}</c>. Each may repeat; the order is kept.
    /// </summary>
    public IReadOnlyList<ReportAnswer> Attributes()
    {
        var answers = new OrderedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (key, value) in query)
            Add(answers, key, value);
        if (Form is not null)
            foreach (var (key, value) in Form)
                Add(answers, key, value);
        foreach (var json in Values(AllAttributes))
            if (!string.IsNullOrWhiteSpace(json))
                AddJson(answers, json);
        return [.. answers.Select(a => new ReportAnswer { Code = a.Key, Values = a.Value is [_] ? a.Value : [.. a.Value.Distinct(StringComparer.Ordinal)] })];
    }

    /// <summary>
    /// Returns the form fields that are neither answers nor among <paramref name="named"/>. Councils and their reporting sites can agree on arguments
    /// beyond the standard.
    /// </summary>
    public IReadOnlyList<ReportAnswer> Others(IReadOnlySet<string> named) => Form is null ? [] :
    [
        .. Form.Where(p => p.Key.Length is > 0 and <= 100 && AttributeCode(p.Key) is null && !named.Contains(BaseName(p.Key)))
            .Select(p => new ReportAnswer { Code = WireText.Clean(p.Key), Values = [.. p.Value.OfType<string>().Select(WireText.Lines)] }),
    ];

    /// <summary>Adds the answers in a JSON object, whose values are strings, numbers, Booleans or lists of these.</summary>
    private void AddJson(OrderedDictionary<string, List<string>> answers, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.EnumerateObject().All(m => m.Name.Trim().Length > 0 && JsonValues.Of(m.Value) is not null))
            {
                foreach (var member in json.RootElement.EnumerateObject())
                    AddCode(answers, WireText.Clean(member.Name), new StringValues([.. JsonValues.Of(member.Value)!]));
                return;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The problem is added below. InvalidOperationException: a text contains half of a surrogate pair.
        }

        Problem(
            $"{AllAttributes} must be a JSON object whose values are strings, numbers, Booleans or lists of these, such as {{\"CODE\":\"value\"}}.",
            ErrorCodes.AttributeWrong);
    }

    private static void Add(OrderedDictionary<string, List<string>> answers, string key, StringValues values)
    {
        if (AttributeCode(key) is { } code)
            AddCode(answers, code, values);
    }

    private static void AddCode(OrderedDictionary<string, List<string>> answers, string code, StringValues values)
    {
        if (!answers.TryGetValue(code, out var known))
            answers[code] = known = new List<string>(values.Count);
        foreach (var value in values)
            if (value is not null)
                known.Add(WireText.Lines(value));
    }

    private void ReadOnce(string name, StringValues values, ref string? found)
    {
        foreach (var value in values)
        {
            if (string.IsNullOrWhiteSpace(value))
                continue;
            if (found is not null && found != value)
                Problem($"{name} was given more than once, with different values.");
            found ??= value;
        }
    }

    private IEnumerable<string?> Values(string name)
    {
        foreach (var value in query.GetValueOrDefault(name))
            yield return value;
        if (Form is not null)
            foreach (var value in Form.GetValueOrDefault(name))
                yield return value;
    }

    /// <summary>Returns the part of a name before its first bracket: so that <c>media_url[]</c> is recognised as <c>media_url</c>.</summary>
    private static string BaseName(string key) => key.IndexOf('[', StringComparison.Ordinal) is >= 0 and var bracket ? key[..bracket] : key;

    /// <summary>Returns the code between the brackets; null for any other argument.</summary>
    private static string? AttributeCode(string key)
    {
        if (!key.StartsWith(AttributeStart, StringComparison.Ordinal) || !key.EndsWith(']'))
            return null;

        var inner = key[AttributeStart.Length..^1];
        // In attribute[C][] and attribute[C][0], the text between the outer brackets is "C][" or "C][0".
        var index = inner.LastIndexOf("][", StringComparison.Ordinal);
        if (index > 0 && inner.AsSpan(index + 2).IndexOfAnyExceptInRange('0', '9') < 0)
            inner = inner[..index];
        return inner.Trim().Length == 0 ? null : WireText.Clean(inner);
    }
}

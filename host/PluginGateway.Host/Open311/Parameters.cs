using Microsoft.Extensions.Primitives;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Open311;

/// <summary>
/// The arguments of a call, from query and form together. A blank one counts as absent. One that may stand only once and stands twice with
/// different values is a mistake: which of them counts would depend on the parser.
/// </summary>
internal sealed class Parameters(IQueryCollection query, IFormCollection? form)
{
    private const string AttributeStart = "attribute[";

    private readonly List<string> _problems = [];

    /// <summary>Everything that is wrong with the arguments read so far.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public IFormFileCollection? Files => form?.Files;

    public void Problem(string description)
    {
        if (!_problems.Contains(description))
            _problems.Add(description);
    }

    /// <summary>An argument that may stand once; null when absent or blank.</summary>
    public string? One(string name)
    {
        string? found = null;
        foreach (var value in Values(name))
        {
            if (string.IsNullOrWhiteSpace(value))
                continue;
            if (found is not null && found != value)
                Problem($"{name} was given more than once.");
            found ??= value;
        }

        return found is null ? null : WireText.Clean(found.ReplaceLineEndings("\n"));
    }

    /// <summary>An argument of one line: line breaks and tabs become blanks.</summary>
    public string? Line(string name) => One(name)?.Replace('\n', ' ').Replace('\t', ' ').Trim();

    /// <summary>An argument that may repeat.</summary>
    public IReadOnlyList<string> Many(string name) =>
        [.. Values(name).Concat(Values(name + "[]")).Where(v => !string.IsNullOrWhiteSpace(v)).Select(v => WireText.Clean(v!.Trim()))];

    /// <summary>An argument that is a comma list, and may repeat too.</summary>
    public IReadOnlyList<string> Listed(string name) =>
        [.. Values(name).SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(WireText.Clean)];

    /// <summary>
    /// The answers: <c>attribute[C]=v</c>, <c>attribute[C][]=v</c>, <c>attribute[C][0]=v</c>, each as often as it likes, in the order they came.
    /// </summary>
    public IReadOnlyList<ReportAnswer> Attributes()
    {
        var order = new List<string>();
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (key, value) in All())
        {
            if (AttributeCode(key) is not { } code)
                continue;
            if (!values.TryGetValue(code, out var list))
            {
                values[code] = list = [];
                order.Add(code);
            }

            list.AddRange(value.OfType<string>().Select(v => WireText.Clean(v.ReplaceLineEndings("\n"))));
        }

        return [.. order.Select(code => new ReportAnswer { Code = code, Values = [.. values[code].Distinct(StringComparer.Ordinal)] })];
    }

    private IEnumerable<string?> Values(string name)
    {
        foreach (var value in query[name])
            yield return value;
        if (form is not null)
            foreach (var value in form[name])
                yield return value;
    }

    private IEnumerable<KeyValuePair<string, StringValues>> All() => form is null ? query : query.Concat(form);

    /// <summary>The code between the brackets; null for another argument.</summary>
    private static string? AttributeCode(string key)
    {
        if (!key.StartsWith(AttributeStart, StringComparison.Ordinal) || !key.EndsWith(']'))
            return null;

        var inner = key[AttributeStart.Length..^1];
        // attribute[C][] and attribute[C][0]: what is left after the outer brackets is "C][" or "C][0".
        var index = inner.LastIndexOf("][", StringComparison.Ordinal);
        if (index > 0 && inner.AsSpan(index + 2).IndexOfAnyExceptInRange('0', '9') < 0)
            inner = inner[..index];
        return inner.Trim().Length == 0 ? null : WireText.Clean(inner);
    }
}

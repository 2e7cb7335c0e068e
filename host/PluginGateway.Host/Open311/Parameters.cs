using Microsoft.Extensions.Primitives;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Open311;

/// <summary>
/// The arguments of a call, from query and form together, or those of a report in a file. A blank one counts as absent. One that may stand only
/// once and is given twice with different values is an error: which of them counts would depend on the parser.
/// </summary>
internal sealed class Parameters(IReadOnlyDictionary<string, StringValues> query, FormFields? form = null)
{
    private const string AttributeStart = "attribute[";

    private readonly List<Open311Error> _problems = [];

    /// <summary>Everything that is wrong with the arguments read so far.</summary>
    public IReadOnlyList<Open311Error> Problems => _problems;

    public IFormFileCollection? Files => form?.Files;

    private IReadOnlyDictionary<string, StringValues>? Form => form?.Values;

    public void Problem(string description, int code = ErrorCodes.ArgumentWrong)
    {
        var problem = new Open311Error(code, description);
        if (!_problems.Contains(problem))
            _problems.Add(problem);
    }

    /// <summary>An argument that must be there is not.</summary>
    public void Missing(string name) => Problem($"{name} was not provided.", ErrorCodes.ArgumentMissing);

    /// <summary>An argument that may stand once; null when absent or blank.</summary>
    public string? One(string name)
    {
        string? found = null;
        if (query.Count > 0)
            Take(name, query.GetValueOrDefault(name), ref found);
        if (Form is not null)
            Take(name, Form.GetValueOrDefault(name), ref found);
        return found is null ? null : WireText.Lines(found);
    }

    /// <summary>An argument of one line: line breaks and tabs become blanks.</summary>
    public string? Line(string name) => One(name)?.Replace('\n', ' ').Replace('\t', ' ').Trim();

    /// <summary>An argument that may repeat.</summary>
    public IReadOnlyList<string> Many(string name) => query.Count == 0 && Form?.ContainsKey(name) != true && Form?.ContainsKey(name + "[]") != true
        ? []
        : [.. Values(name).Concat(Values(name + "[]")).Where(v => !string.IsNullOrWhiteSpace(v)).Select(v => WireText.Clean(v!.Trim()))];

    /// <summary>An argument that is a comma list, and may repeat too.</summary>
    public IReadOnlyList<string> Listed(string name) =>
        [.. Values(name).SelectMany(v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(WireText.Clean)];

    /// <summary>
    /// The answers: <c>attribute[C]=v</c>, <c>attribute[C][]=v</c>, <c>attribute[C][0]=v</c>, each as often as it likes, in the order they came.
    /// </summary>
    public IReadOnlyList<ReportAnswer> Attributes()
    {
        var answers = new List<ReportAnswer>();
        foreach (var (key, value) in query)
            Add(answers, key, value);
        if (Form is not null)
            foreach (var (key, value) in Form)
                Add(answers, key, value);
        return answers;
    }

    /// <summary>
    /// Arguments that are neither answers nor among <paramref name="named"/>, as answers: councils agree on more with their reporting site than the
    /// standard knows.
    /// </summary>
    public IReadOnlyList<ReportAnswer> Others(IReadOnlySet<string> named) => Form is null ? [] :
    [
        .. Form.Where(p => !p.Key.Contains('[', StringComparison.Ordinal) && p.Key.Length is > 0 and <= 100 && !named.Contains(p.Key))
            .Select(p => new ReportAnswer { Code = WireText.Clean(p.Key), Values = [.. p.Value.OfType<string>().Select(WireText.Lines)] }),
    ];

    private static void Add(List<ReportAnswer> answers, string key, StringValues values)
    {
        if (AttributeCode(key) is not { } code)
            return;

        var at = answers.Count - 1;
        while (at >= 0 && answers[at].Code != code)
            at--;
        List<string> known = at < 0 ? new(values.Count) : [.. answers[at].Values];
        foreach (var value in values)
            if (value is not null && WireText.Lines(value) is var clean && !known.Contains(clean))
                known.Add(clean);
        var answer = new ReportAnswer { Code = code, Values = known };
        if (at < 0)
            answers.Add(answer);
        else
            answers[at] = answer;
    }

    private void Take(string name, StringValues values, ref string? found)
    {
        foreach (var value in values)
        {
            if (string.IsNullOrWhiteSpace(value))
                continue;
            if (found is not null && found != value)
                Problem($"{name} was given more than once.");
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

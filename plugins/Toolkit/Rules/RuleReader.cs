using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>Reads rules from JSON and reports every error with its JSON path.</summary>
internal sealed class RuleReader(RuleSyntax syntax, ICollection<SettingsError> errors)
{
    private const string Operators = "eq, ne, lt, gt, like, exists";
    private const string Combinations = "and, or, not";

    private const string MatchCase = "matchCase";

    private static readonly string[] Members = ["name", "when", "then", "set", "by", "values", "else"];

    private static readonly string[] TableMembers = ["by", "values", "else"];

    private readonly HashSet<string> _inputs = new(StringComparer.Ordinal);

    /// <summary>How the texts of the current rule are compared.</summary>
    private StringComparer _comparer = StringComparer.Ordinal;

    public RuleList ReadList(JsonElement json, string path)
    {
        if (json.ValueKind == JsonValueKind.Undefined)
            return RuleList.Empty;
        if (json.ValueKind != JsonValueKind.Array)
        {
            Add(path, "must be a list of rules");
            return RuleList.Empty;
        }

        var rules = json.EnumerateArray().Select((rule, i) => ReadRule(rule, $"{path}[{i}]", i)).OfType<Rule>().ToList();
        return new RuleList(rules, _inputs);
    }

    private Rule? ReadRule(JsonElement json, string path, int index)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            Add(path, "must be an object with when and then");
            return null;
        }

        CheckMembers(json, path);
        _comparer = syntax.IsLenient && !(json.TryGetProperty(MatchCase, out var match) && match.ValueKind == JsonValueKind.True)
            ? StringComparer.OrdinalIgnoreCase
            : StringComparer.Ordinal;
        var name = json.TryGetProperty("name", out var title) && title.ValueKind == JsonValueKind.String
            ? title.GetString()!
            : string.Create(CultureInfo.InvariantCulture, $"rule {index + 1}");
        var when = json.TryGetProperty("when", out var condition) ? ReadCondition(condition, $"{path}.when") : new Condition.All([]);
        if (json.TryGetProperty("set", out _))
            return ReadLookUp(json, path) is { } table && when is not null ? new Rule { Name = name, When = when, Table = table } : null;

        var then = ReadOutputs(json, $"{path}.then");
        return when is null ? null : new Rule { Name = name, When = when, Then = then };
    }

    private void CheckMembers(JsonElement json, string path)
    {
        HasUniqueNames(json, path);
        IReadOnlyList<string> known = syntax.IsLenient ? [.. Members, MatchCase] : Members;
        foreach (var member in json.EnumerateObject().Where(m => !known.Contains(m.Name, StringComparer.Ordinal)))
            Add($"{path}.{member.Name}", $"is not known; known here: {string.Join(", ", known)}");
        if (syntax.IsLenient && json.TryGetProperty(MatchCase, out var match) && match.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Add($"{path}.{MatchCase}", "must be true or false");
        if (json.TryGetProperty("name", out var title) && title.ValueKind != JsonValueKind.String)
            Add($"{path}.name", "must be a string");
        if (!json.TryGetProperty("set", out _))
            foreach (var member in TableMembers.Where(m => json.TryGetProperty(m, out _)))
                Add($"{path}.{member}", "can only be used together with set");
    }

    private List<KeyValuePair<string, TextTemplate>> ReadOutputs(JsonElement json, string path)
    {
        if (!json.TryGetProperty("then", out var decided))
            Add(path, "is missing");
        else if (decided.ValueKind != JsonValueKind.Object || !decided.EnumerateObject().Any())
            Add(path, "must be an object with an output and a text in each member");
        else if (HasUniqueNames(decided, path) && syntax.Required is { } output && !decided.TryGetProperty(output, out _))
            Add($"{path}.{output}", "is missing");
        else
            return
            [
                .. from member in decided.EnumerateObject()
                   let text = ReadOutput(member.Name, member.Value, $"{path}.{member.Name}")
                   where text is not null
                   select KeyValuePair.Create(member.Name, text),
            ];
        return [];
    }

    private LookUp? ReadLookUp(JsonElement json, string path)
    {
        if (json.TryGetProperty("then", out _))
            Add($"{path}.then", "cannot be combined with set; use one of them");
        var (output, by) = (TextOf(json, "set", path), TextOf(json, "by", path));
        if (output is not null && syntax.FindOutputProblem(output) is { } unknown)
            Add($"{path}.set", $"\"{output}\" {unknown}");
        if (by is not null)
            Input(by, $"{path}.by");
        var values = new Dictionary<string, string>(_comparer);
        if (!json.TryGetProperty("values", out var table) || table.ValueKind != JsonValueKind.Object)
            Add($"{path}.values", "must be an object that maps values of the input to values of the output");
        else if (HasUniqueNames(table, $"{path}.values"))
            foreach (var member in table.EnumerateObject())
                if (Value(output, member.Value, $"{path}.values.{member.Name}") is { } value)
                    values[syntax.IsLenient ? member.Name.Trim() : member.Name] = value;
        var otherwise = json.TryGetProperty("else", out var rest) ? Value(output, rest, $"{path}.else") : null;
        return output is null || by is null ? null : new LookUp(output, by, values, otherwise, syntax.IsLenient);
    }

    private TextTemplate? ReadOutput(string name, JsonElement json, string path)
    {
        if (syntax.FindOutputProblem(name) is { } unknown)
        {
            Add(path, unknown);
            return null;
        }

        if (Text(json, path) is not { } text)
            return null;
        if (TextTemplate.Parse(text) is not { } template)
        {
            Add(path, "has an unmatched brace; write {{ or }} for a literal brace");
            return null;
        }

        foreach (var input in template.Inputs)
            Input(input, path);
        if (!template.Inputs.Any() && syntax.FindValueProblem(name, text) is { } problem)
            Add(path, problem);
        return template;
    }

    /// <summary>Reads an object of conditions, or a list in which names and tests alternate, so that one input can be tested twice.</summary>
    private Condition? ReadCondition(JsonElement json, string path)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                HasUniqueNames(json, path);
                return All([.. json.EnumerateObject().Select(m => ReadMember(m.Name, m.Value, $"{path}.{m.Name}"))]);
            case JsonValueKind.Array when json.GetArrayLength() % 2 != 0:
                Add(path, "has an odd number of entries; names and tests must alternate");
                return null;
            case JsonValueKind.Array:
                var conditions = new List<Condition?>();
                for (var i = 0; i < json.GetArrayLength(); i += 2)
                    conditions.Add(Text(json[i], $"{path}[{i}]") is { } name ? ReadMember(name, json[i + 1], $"{path}[{i + 1}]") : null);
                return All(conditions);
            default:
                Add(path, "must be an object of conditions, or a list of names and tests");
                return null;
        }
    }

    private Condition? ReadMember(string name, JsonElement json, string path)
    {
        switch (name)
        {
            case "not":
                return ReadCondition(json, path) is { } condition ? new Condition.Not(condition) : null;
            case "and" or "or"
                when json.ValueKind == JsonValueKind.Array && json.GetArrayLength() > 0
                    && json.EnumerateArray().All(e => e.ValueKind is JsonValueKind.Object or JsonValueKind.Array):
                var parts = json.EnumerateArray().Select((e, i) => ReadCondition(e, $"{path}[{i}]")).ToList();
                return parts.Contains(null) ? null : name == "and" ? All(parts) : new Condition.Any([.. parts.OfType<Condition>()]);
            case "and" or "or":
                Add(path, "must be a list of conditions");
                return null;
            default:
                return Input(name, path) ? ReadTest(name, json, path) : null;
        }
    }

    private Condition? ReadTest(string input, JsonElement json, string path)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Array:
                var texts = json.EnumerateArray().Select((e, i) => Text(e, $"{path}[{i}]")).ToList();
                if (texts.Count == 0)
                    Add(path, "must not be empty");
                return texts.Contains(null) || texts.Count == 0 ? null : OneOf(input, texts.OfType<string>());
            case JsonValueKind.Object when !json.EnumerateObject().Any():
                Add(path, $"must contain an operator: {Operators}");
                return null;
            case JsonValueKind.Object:
                HasUniqueNames(json, path);
                return All([.. json.EnumerateObject().Select(m => ReadOperator(input, m.Name, m.Value, $"{path}.{m.Name}"))]);
            default:
                return Text(json, path) is { } text ? OneOf(input, [text]) : null;
        }
    }

    private Condition.OneOf OneOf(string input, IEnumerable<string> texts) =>
        new(input, texts.Select(t => syntax.IsLenient ? t.Trim() : t).ToHashSet(_comparer), syntax.IsLenient);

    private Condition? ReadOperator(string input, string name, JsonElement json, string path)
    {
        switch (name)
        {
            case "eq":
                return ReadTest(input, json, path);
            case "ne":
                return ReadTest(input, json, path) is { } equal ? new Condition.Not(equal) : null;
            case "lt" or "gt":
                return Text(json, path) is { } value ? new Condition.Compares(input, value, name == "lt" ? -1 : 1) : null;
            case "like":
                return Text(json, path) is { } pattern && Pattern(pattern, path) is { } regex ? new Condition.Like(input, regex) : null;
            case "exists" when json.ValueKind is JsonValueKind.True or JsonValueKind.False:
                return new Condition.Exists(input, json.GetBoolean());
            case "exists":
                Add(path, "must be true or false");
                return null;
            default:
                Add(path, $"is not an operator; known: {Operators}; to combine conditions: {Combinations}");
                return null;
        }
    }

    private Regex? Pattern(string pattern, string path)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            Add(path, "is not a regular expression (without back references and look-around)");
            return null;
        }
    }

    private static Condition? All(IReadOnlyList<Condition?> conditions) =>
        conditions.Contains(null) ? null : conditions is [{ } only] ? only : new Condition.All([.. conditions.OfType<Condition>()]);

    private bool Input(string name, string path)
    {
        if (syntax.FindInputProblem(name) is { } unknown)
        {
            Add(path, $"\"{name}\" {unknown}");
            return false;
        }

        _inputs.Add(name);
        return true;
    }

    /// <summary>Reports duplicate members: parsers disagree on which of the two counts.</summary>
    private bool HasUniqueNames(JsonElement json, string path)
    {
        var duplicates = json.EnumerateObject().GroupBy(m => m.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToList();
        foreach (var name in duplicates)
            Add($"{path}.{name}", "is given twice");
        return duplicates.Count == 0;
    }

    private string? TextOf(JsonElement json, string name, string path)
    {
        if (json.TryGetProperty(name, out var value))
            return Text(value, $"{path}.{name}");
        Add($"{path}.{name}", "is missing");
        return null;
    }

    private string? Value(string? output, JsonElement json, string path)
    {
        var text = Text(json, path);
        if (output is not null && text is not null && syntax.FindValueProblem(output, text) is { } problem)
            Add(path, problem);
        return text;
    }

    private string? Text(JsonElement json, string path)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return json.GetString();
            case JsonValueKind.Number:
                return json.GetRawText();
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean() ? "true" : "false";
            default:
                Add(path, "must be a string or a number");
                return null;
        }
    }

    private void Add(string path, string message) => errors.Add(new SettingsError { Path = path, Message = message });
}

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>Reads the inputs for one evaluation of a rule, and records which were read when a trace is wanted.</summary>
internal sealed class Evaluation(Func<string, string?> inputs, bool remember)
{
    private readonly List<KeyValuePair<string, string?>>? _seen = remember ? [] : null;

    /// <summary>The inputs that were read, with their values: <c>attribute.size=large, request.Priority=N</c>.</summary>
    public string ReadInputs => string.Join(", ", _seen?.Select(s => s.Value is null ? $"{s.Key} not set" : $"{s.Key}={RuleText.ForTrace(s.Value)}") ?? []);

    public string? Find(string name)
    {
        var value = inputs(name);
        if (_seen is not null && _seen.TrueForAll(s => s.Key != name))
            _seen.Add(new(name, value));
        return value;
    }

    /// <summary>Whether a test holds for an input, or for at least one of its answers when it has several.</summary>
    public bool AnyOf(string name, Func<string, bool> test)
    {
        var value = Find(name) ?? "";
        return value.Contains(RuleText.Separator, StringComparison.Ordinal) ? value.Split(RuleText.Separator).Any(test) : test(value);
    }
}

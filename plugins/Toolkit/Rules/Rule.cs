using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>A condition and its outputs: texts, or a value that a table has for an input.</summary>
internal sealed record Rule
{
    public required string Name { get; init; }

    public required Condition When { get; init; }

    /// <summary>The outputs and their texts.</summary>
    public IReadOnlyList<KeyValuePair<string, TextTemplate>> Then { get; init; } = [];

    public LookUp? Table { get; init; }

    /// <summary>Returns the outputs for the inputs; null when the rule does not apply.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Apply(Func<string, string?> inputs, ICollection<PlanStep>? trace)
    {
        var evaluation = new Evaluation(inputs, trace is not null);
        IReadOnlyList<KeyValuePair<string, string>>? decided = null;
        if (When.Holds(evaluation))
            decided = Table is null ? [.. Then.Select(t => KeyValuePair.Create(t.Key, t.Value.Fill(inputs)))]
                : Table.Find(evaluation) is { } found ? [KeyValuePair.Create(Table.Output, found)] : null;
        trace?.Add(new PlanStep
        {
            Rule = Name,
            Inputs = evaluation.ReadInputs,
            Output = string.Join(", ", decided?.Select(d => $"{d.Key}={RuleText.ForTrace(d.Value)}") ?? []),
        });
        return decided;
    }
}

/// <summary>A table that maps the value of an input to the value of an output.</summary>
internal sealed record LookUp(string Output, string By, IReadOnlyDictionary<string, string> Values, string? Else, bool Trim)
{
    public string? Find(Evaluation of) => Values.GetValueOrDefault((Trim ? of.Find(By)?.Trim() : of.Find(By)) ?? "") ?? Else;
}

using System.Text.Json;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>
/// A list of rules from a council file: <c>[ { "name": …, "when": { "attribute.size": "large" }, "then": { "Priority": "P1" } } ]</c>.
/// <c>plugins/Toolkit/README.md</c> describes the syntax.
/// </summary>
public sealed class RuleList
{
    private readonly IReadOnlyList<Rule> _rules;

    internal RuleList(IReadOnlyList<Rule> rules, IReadOnlySet<string> inputs) => (_rules, Inputs) = (rules, inputs);

    /// <summary>A list without rules.</summary>
    public static RuleList Empty { get; } = new([], new HashSet<string>());

    /// <summary>The names of the inputs that the rules use.</summary>
    public IReadOnlySet<string> Inputs { get; }

    /// <summary>The number of rules.</summary>
    public int Count => _rules.Count;

    /// <summary>Reads rules from JSON and reports every error in them.</summary>
    /// <param name="json">The list; undefined if there are no rules.</param>
    /// <param name="path">The JSON path of the list.</param>
    /// <param name="syntax">The inputs and outputs that the rules may use.</param>
    /// <param name="errors">Receives every error.</param>
    /// <returns>The rules that can be applied; complete only when no error was added.</returns>
    public static RuleList Read(JsonElement json, string path, RuleSyntax syntax, ICollection<SettingsError> errors) =>
        new RuleReader(syntax, errors).ReadList(json, path);

    /// <summary>
    /// Applies every rule whose condition holds, in order. A rule can use the outputs of earlier rules when <paramref name="inputs"/> returns
    /// them, and a later rule overrides them.
    /// </summary>
    /// <param name="inputs">Returns the value of an input by its name; null if it is absent.</param>
    /// <param name="set">Receives the name and value of every output.</param>
    /// <param name="trace">Receives a step for every rule that was evaluated; null for no trace.</param>
    public void ApplyAll(Func<string, string?> inputs, Action<string, string> set, ICollection<PlanStep>? trace = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        foreach (var rule in _rules)
            foreach (var (output, value) in rule.Apply(inputs, trace) ?? [])
                set(output, value);
    }

    /// <summary>Applies the first rule whose condition holds.</summary>
    /// <param name="inputs">Returns the value of an input by its name; null if it is absent.</param>
    /// <param name="trace">Receives a step for every rule that was evaluated; null for no trace.</param>
    /// <returns>The outputs by name; null if no rule applies.</returns>
    public IReadOnlyDictionary<string, string>? First(Func<string, string?> inputs, ICollection<PlanStep>? trace = null)
    {
        foreach (var rule in _rules)
            if (rule.Apply(inputs, trace) is { } decided)
                return new Dictionary<string, string>(decided, StringComparer.Ordinal);
        return null;
    }
}

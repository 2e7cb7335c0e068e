using System.Text.Json;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>
/// Rules as a council file writes them: <c>[ { "name": …, "when": { "attribute.size": "large" }, "then": { "Priority": "P1" } } ]</c>. The
/// syntax is described in <c>plugins/Toolkit/README.md</c>.
/// </summary>
public sealed class RuleList
{
    private readonly IReadOnlyList<Rule> _rules;

    internal RuleList(IReadOnlyList<Rule> rules, IReadOnlySet<string> inputs) => (_rules, Inputs) = (rules, inputs);

    /// <summary>No rules.</summary>
    public static RuleList Empty { get; } = new([], new HashSet<string>());

    /// <summary>The inputs that the rules look at.</summary>
    public IReadOnlySet<string> Inputs { get; }

    /// <summary>How many rules there are.</summary>
    public int Count => _rules.Count;

    /// <summary>Reads rules and says everything that is wrong with them.</summary>
    /// <param name="json">The list; undefined for none.</param>
    /// <param name="path">Its JSON path.</param>
    /// <param name="syntax">What the rules may look at and decide.</param>
    /// <param name="errors">Receives every error.</param>
    /// <returns>The rules that hold no error.</returns>
    public static RuleList Read(JsonElement json, string path, RuleSyntax syntax, ICollection<SettingsError> errors) =>
        new RuleReader(syntax, errors).ReadList(json, path);

    /// <summary>Applies every rule that holds, in order; each sees what the ones before it decided, and later ones win.</summary>
    /// <param name="inputs">Finds an input by name; null for one that is not there.</param>
    /// <param name="set">Told every decision.</param>
    /// <param name="trace">Receives a step for every rule looked at.</param>
    public void ApplyAll(Func<string, string?> inputs, Action<string, string> set, ICollection<PlanStep>? trace = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        foreach (var rule in _rules)
            foreach (var (output, value) in rule.Apply(inputs, trace) ?? [])
                set(output, value);
    }

    /// <summary>Applies the first rule that holds.</summary>
    /// <param name="inputs">Finds an input by name; null for one that is not there.</param>
    /// <param name="trace">Receives a step for every rule looked at.</param>
    /// <returns>What it decided; null when no rule holds.</returns>
    public IReadOnlyDictionary<string, string>? First(Func<string, string?> inputs, ICollection<PlanStep>? trace = null)
    {
        foreach (var rule in _rules)
            if (rule.Apply(inputs, trace) is { } decided)
                return new Dictionary<string, string>(decided, StringComparer.Ordinal);
        return null;
    }
}

using Scriban.Runtime;
using Scriban.Syntax;

namespace PluginGateway.Core.Templates;

/// <summary>
/// Finds unknown names in a template, including in branches that no sample reaches: a misspelt name would otherwise fail only for a report
/// that reaches it.
/// </summary>
internal sealed class TemplateNames(TemplateVocabulary vocabulary, ScriptObject builtIns)
{
    /// <summary>The variables and members of loops, lists and texts, which are always available.</summary>
    private static readonly string[] Always =
        ["for", "while", "tablerow", "this", "size", "first", "last", "index", "rindex", "even", "odd", "changed", "length", "col"];

    private readonly HashSet<string> _own = new(StringComparer.Ordinal);
    private readonly List<TemplateProblem> _problems = [];

    public static List<TemplateProblem> Check(ScriptNode page, TemplateVocabulary vocabulary, ScriptObject builtIns)
    {
        var names = new TemplateNames(vocabulary, builtIns);
        names.Collect(page);
        names.Check(page);
        return names._problems;
    }

    /// <summary>Collects the names that the template itself defines.</summary>
    private void Collect(ScriptNode node)
    {
        switch (node)
        {
            case ScriptAssignExpression assign:
                Add(assign.Target);
                break;
            case ScriptCaptureStatement capture:
                Add(capture.Target);
                break;
            case ScriptForStatement loop:
                Add(loop.Variable);
                break;
            case ScriptFunction function:
                Add(function.NameOrDoToken);
                foreach (var parameter in function.Parameters ?? [])
                    Add(parameter.Name);
                break;
            case ScriptObjectMember member:
                Add(member.Name);
                break;
        }

        foreach (var child in Children(node))
            Collect(child);
    }

    private void Add(ScriptNode? node)
    {
        switch (node)
        {
            case ScriptVariable variable:
                _own.Add(variable.BaseName);
                break;
            case ScriptMemberExpression { Member: { } member }:
                _own.Add(member.BaseName);
                break;
            case ScriptLiteral { Value: string name }:
                _own.Add(name);
                break;
        }
    }

    private void Check(ScriptNode node)
    {
        switch (node)
        {
            case ScriptImportStatement or ScriptWithStatement:
                Report(node, $"{(node is ScriptWithStatement ? "with" : "import")} is not available in templates");
                return;
            case ScriptMemberExpression access:
                if (access.Target is { } of)
                    Check(of);
                CheckMember(access);
                return;
            case ScriptNamedArgument argument:
                if (argument.Value is { } value)
                    Check(value);
                return;
            case ScriptVariableGlobal { Name: "include" or "include_join" } include:
                Report(include, "a template cannot include another template");
                return;
            case ScriptVariableGlobal variable when !IsKnown(variable.BaseName, vocabulary.Names) && !builtIns.ContainsKey(variable.BaseName):
                Report(variable, Unknown($"unknown name {variable.BaseName}", variable.BaseName, vocabulary.Names));
                return;
        }

        foreach (var child in Children(node))
            Check(child);
    }

    private void CheckMember(ScriptMemberExpression access)
    {
        if (access.Member is not { BaseName: var name } member)
            return;

        var target = (access.Target as ScriptVariableGlobal)?.BaseName;
        if (target is not null && !_own.Contains(target) && builtIns.TryGetValue(target, out var group) && group is ScriptObject functions)
        {
            if (!functions.ContainsKey(name))
                Report(member, $"unknown function {target}.{name}");
        }
        else if (!IsKnown(name, vocabulary.Members))
        {
            Report(member, Unknown($"unknown member {name}", name, vocabulary.Members));
        }
    }

    private bool IsKnown(string name, IReadOnlyCollection<string> names) =>
        names.Contains(name) || _own.Contains(name) || Always.Contains(name, StringComparer.Ordinal);

    private void Report(ScriptNode node, string message) => _problems.Add(new TemplateProblem(node.Span.Start.Line + 1, node.Span.Start.Column + 1, message));

    private static string Unknown(string message, string name, IReadOnlyCollection<string> names)
    {
        var suggestion = names.FirstOrDefault(n => Normalise(n) == Normalise(name))
            ?? names.Where(n => n.Length > 2 && Distance(n, name) <= 2).MinBy(n => Distance(n, name));
        return suggestion is null ? message : $"{message}; did you mean {suggestion}?";
    }

    private static string Normalise(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>Returns the number of letters that must be changed, added or removed to turn one name into the other.</summary>
    private static int Distance(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > 2)
            return int.MaxValue;

        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var (diagonal, left) = (row[0], row[0] = i);
            for (var j = 1; j <= other.Length; j++)
            {
                left = Math.Min(Math.Min(left, row[j]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], left);
            }
        }

        return row[^1];
    }

    private static IEnumerable<ScriptNode> Children(ScriptNode node)
    {
        for (var i = 0; i < node.ChildrenCount; i++)
            if (node.GetChildren(i) is { } child)
                yield return child;
    }
}

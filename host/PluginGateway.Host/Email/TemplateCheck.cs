using System.Text.RegularExpressions;

namespace PluginGateway.Host.Email;

/// <summary>
/// What is wrong with a template, and where: tags that do not end, blocks that do not match, values that no report has. The engine says only that
/// something is wrong.
/// </summary>
internal static partial class TemplateCheck
{
    private static readonly string[] Blocks = ["if", "unless", "each", "with"];
    private static readonly string[] InLists = ["this", "label", "value", "@first", "@last", "@index", "@key"];

    /// <summary>The mistakes, in their order.</summary>
    /// <param name="text">The template.</param>
    /// <param name="names">The values that a report has.</param>
    public static IReadOnlyList<TemplateMistake> Run(string text, IReadOnlyCollection<string> names)
    {
        var (mistakes, open) = (new List<TemplateMistake>(), new Stack<(string Block, int At)>());
        var at = 0;
        while ((at = text.IndexOf("{{", at, StringComparison.Ordinal)) >= 0)
        {
            var braces = text.AsSpan(at).StartsWith("{{{", StringComparison.Ordinal) ? 3 : 2;
            var isComment = text.AsSpan(at).StartsWith("{{!--", StringComparison.Ordinal);
            var end = text.IndexOf(isComment ? "--}}" : new string('}', braces), at, StringComparison.Ordinal);
            var next = text.IndexOf("{{", at + braces, StringComparison.Ordinal);
            if (end < 0 || (next >= 0 && next < end && !isComment))
            {
                Add(at, braces == 3 ? "{{{ has no }}} that ends it" : "{{ has no }} that ends it");
                at += braces;
                continue;
            }

            if (!isComment)
                Tag(text[(at + braces)..end].Trim().Trim('~').Trim(), at);
            at = end + braces;
        }

        foreach (var (block, begun) in open.Reverse())
            Add(begun, $"#{block} has no /{block} that ends it");
        return [.. mistakes.OrderBy(m => m.Line).ThenBy(m => m.Column)];

        void Tag(string tag, int position)
        {
            switch (tag)
            {
                case ['!', ..]:
                    break;
                case ['/', .. var block]:
                    if (open.Count == 0 || open.Peek().Block != block)
                        Add(position, open.Count == 0 ? $"/{block} ends nothing" : $"/{block} ends nothing: #{open.Peek().Block} is open");
                    else
                        open.Pop();
                    break;
                case "else" or "^":
                    if (open.Count == 0)
                        Add(position, "else stands in no block");
                    break;
                case ['#', .. var inner]:
                    var parts = inner.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    if (parts is [var name, ..] && Blocks.Contains(name, StringComparer.Ordinal))
                    {
                        open.Push((name, position));
                        if (parts.Length == 2)
                            Value(parts[1], position);
                        else
                            Add(position, $"#{name} needs one value");
                    }
                    else
                        Add(position, $"there is no block #{inner}; there are {string.Join(", ", Blocks.Select(b => "#" + b))}");
                    break;
                case ['>', ..]:
                    Add(position, "one template cannot show another");
                    break;
                default:
                    Value(tag.TrimStart('&').Trim(), position);
                    break;
            }
        }

        void Value(string value, int position)
        {
            if (!Name().IsMatch(value))
                Add(position, value.Length == 0 ? "there is no value between the braces" : $"\"{value}\" is no value: one name, without spaces");
            else if (!names.Contains(value, StringComparer.Ordinal) && !InLists.Contains(value, StringComparer.Ordinal))
                Add(position, $"there is no value {value}");
        }

        void Add(int position, string what)
        {
            var before = text.AsSpan(0, position);
            mistakes.Add(new TemplateMistake(before.Count('\n') + 1, position - before.LastIndexOf('\n'), what));
        }
    }

    [GeneratedRegex(@"\A@?[A-Za-z][A-Za-z0-9]*\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}

/// <summary>A mistake, with its place; both count from 1.</summary>
internal sealed record TemplateMistake(int Line, int Column, string What);

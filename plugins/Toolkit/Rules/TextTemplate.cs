using System.Text;

namespace PluginGateway.Adapters.Toolkit.Rules;

/// <summary>A text with inputs in braces: <c>Asset {attribute.UnitID}</c>. A literal brace is written twice.</summary>
public sealed class TextTemplate
{
    private readonly IReadOnlyList<(string Text, bool IsInput)> _parts;

    private TextTemplate(IReadOnlyList<(string, bool)> parts) => _parts = parts;

    /// <summary>The names of the inputs in the text.</summary>
    public IEnumerable<string> Inputs => _parts.Where(p => p.IsInput).Select(p => p.Text);

    /// <summary>Parses a template.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The template; null if the text has an unmatched brace.</returns>
    public static TextTemplate? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = new List<(string, bool)>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '{' or '}' && i + 1 < text.Length && text[i + 1] == text[i])
            {
                literal.Append(text[i++]);
            }
            else if (text[i] == '{' && text.IndexOf('}', i) is > 0 and var end && text.AsSpan(i + 1, end - i - 1) is { Length: > 0 } name
                && !name.Contains('{'))
            {
                if (literal.Length > 0)
                    parts.Add((literal.ToString(), false));
                literal.Clear();
                parts.Add((name.ToString(), true));
                i = end;
            }
            else if (text[i] is '{' or '}')
            {
                return null;
            }
            else
            {
                literal.Append(text[i]);
            }
        }

        if (literal.Length > 0)
            parts.Add((literal.ToString(), false));
        return new TextTemplate(parts);
    }

    /// <summary>Replaces the inputs by their values; an absent input becomes empty.</summary>
    /// <param name="inputs">Returns the value of an input by its name; null if it is absent.</param>
    /// <returns>The text.</returns>
    public string Fill(Func<string, string?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return _parts switch
        {
            [] => "",
            [(var only, false)] => only,
            _ => string.Concat(_parts.Select(p => p.IsInput ? RuleText.ToDisplayText(inputs(p.Text) ?? "") : p.Text)),
        };
    }
}

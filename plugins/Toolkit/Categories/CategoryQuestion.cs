using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Categories;

/// <summary>A question of a category, or a text without an answer when it is not <c>variable</c>.</summary>
public sealed class CategoryQuestion
{
    /// <summary>The code with which answers are sent: 1 to 100 printable ASCII characters without square brackets, unique in the category.</summary>
    public required string Code { get; init; }

    /// <summary>The text of the question.</summary>
    public required string Description { get; init; }

    /// <summary>The type of an answer. A <c>string</c> question with values becomes a <c>singleValueList</c>.</summary>
    public AttributeType Type { get; set; }

    /// <summary>Whether a report without an answer is refused.</summary>
    public bool Required { get; set; }

    /// <summary>Whether it can be answered; false for a text that is only shown.</summary>
    public bool Variable { get; set; } = true;

    /// <summary>The texts of the possible answers, by the value that is sent.</summary>
    public IReadOnlyDictionary<string, string> Values { get; set; } = new Dictionary<string, string>();

    internal ServiceAttribute ToAttribute() => new()
    {
        Code = Code,
        Description = Description,
        Type = Values.Count > 0 && Type == AttributeType.String ? AttributeType.SingleValueList : Type,
        Required = Required && Variable,
        Variable = Variable,
        Values = [.. Values.Select(v => new AttributeValue { Key = v.Key, Name = v.Value })],
    };

    internal IEnumerable<SettingsError> Errors(string path, HashSet<string> codes)
    {
        if (Code.Length is 0 or > 100 || Code.Any(c => c is < ' ' or > '~' or '[' or ']'))
            yield return new SettingsError
            {
                Path = $"{path}.code",
                Message = "must be 1 to 100 printable ASCII characters without square brackets; clients corrupt others",
            };
        if (!codes.Add(Code))
            yield return new SettingsError { Path = $"{path}.code", Message = $"\"{Code}\" is given twice" };
        if (Values.Count == 0 && Type is AttributeType.SingleValueList or AttributeType.MultiValueList)
            yield return new SettingsError { Path = $"{path}.values", Message = "a list needs values" };
        if (Required && !Variable)
            yield return new SettingsError { Path = $"{path}.required", Message = "must be false for a text that is only shown (variable: false)" };
    }
}

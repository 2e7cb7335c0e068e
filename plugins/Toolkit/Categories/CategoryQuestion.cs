using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Categories;

/// <summary>A question of a category; or, when it is not <c>variable</c>, a text that is only shown.</summary>
public sealed class CategoryQuestion
{
    /// <summary>The code that answers are sent under.</summary>
    public required string Code { get; init; }

    /// <summary>The question as people read it.</summary>
    public required string Description { get; init; }

    /// <summary>What an answer looks like; a question with values is one of <c>singleValueList</c> without being told.</summary>
    public AttributeType Type { get; set; }

    /// <summary>A report without an answer is refused.</summary>
    public bool Required { get; set; }

    /// <summary>False for a text that is only shown.</summary>
    public bool Variable { get; set; } = true;

    /// <summary>The possible answers: what is sent, and what people read.</summary>
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
                Message = "must be 1 to 100 ASCII characters without square brackets: clients garble others",
            };
        if (!codes.Add(Code))
            yield return new SettingsError { Path = $"{path}.code", Message = $"\"{Code}\" is given twice" };
        if (Values.Count == 0 && Type is AttributeType.SingleValueList or AttributeType.MultiValueList)
            yield return new SettingsError { Path = $"{path}.values", Message = "a list needs values" };
        if (Required && !Variable)
            yield return new SettingsError { Path = $"{path}.required", Message = "a text that is only shown cannot be demanded" };
    }
}

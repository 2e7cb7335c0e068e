using System.Text.Json;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Categories;

/// <summary>
/// A category of a system that publishes none itself, as a council file lists it: what citizens see, and what it is in the system.
/// </summary>
public sealed class Category
{
    /// <summary>The name people choose it by.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence for the person who reports.</summary>
    public string Description { get; set; } = "";

    /// <summary>The groups it is listed in.</summary>
    public IReadOnlyList<string> Groups { get; set; } = [];

    /// <summary>Words that clients search or act on.</summary>
    public IReadOnlyList<string> Keywords { get; set; } = [];

    /// <summary>Fields of the system's request, and what they are for this category.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; set; } = new Dictionary<string, string>();

    /// <summary>What is asked.</summary>
    public IReadOnlyList<CategoryQuestion> Questions { get; set; } = [];

    /// <summary>Rules for reports of this category: see <see cref="Rules.RuleList"/>.</summary>
    public JsonElement Rules { get; set; }

    /// <summary>The service that citizens see.</summary>
    /// <param name="code">The category's code.</param>
    /// <param name="standard">Attributes that every service of the system has, before the questions.</param>
    /// <returns>The service.</returns>
    public Service ToService(string code, IEnumerable<ServiceAttribute> standard) => new()
    {
        Code = code,
        Name = Name,
        Description = Description,
        Groups = Groups,
        Keywords = Keywords,
        Attributes = [.. standard, .. Questions.Select(q => q.ToAttribute())],
    };

    /// <summary>What is wrong with the category as it is written, its rules apart.</summary>
    /// <param name="path">Its JSON path.</param>
    /// <param name="fields">The fields that a request of the system has.</param>
    /// <returns>Every error.</returns>
    public IEnumerable<SettingsError> Errors(string path, IReadOnlyCollection<string> fields)
    {
        if (Name.Trim().Length == 0)
            yield return new SettingsError { Path = $"{path}.name", Message = "must not be empty" };
        foreach (var name in Parameters.Keys.Where(p => !fields.Contains(p, StringComparer.Ordinal)))
            yield return new SettingsError
            {
                Path = $"{path}.parameters.{name}",
                Message = $"is not a field of a request; known: {string.Join(", ", fields)}",
            };

        var codes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Questions.Count; i++)
            foreach (var error in Questions[i].Errors($"{path}.questions[{i}]", codes))
                yield return error;
    }
}

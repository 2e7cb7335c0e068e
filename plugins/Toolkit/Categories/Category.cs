using System.Text.Json;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Categories;

/// <summary>
/// A category of a system that does not publish its services. The council file states what citizens see and the values it has in the system.
/// </summary>
public sealed class Category
{
    /// <summary>The name that citizens see. Not empty.</summary>
    public required string Name { get; init; }

    /// <summary>A description of one sentence for the reporter.</summary>
    public string Description { get; set; } = "";

    /// <summary>The groups in which it is listed.</summary>
    public IReadOnlyList<string> Groups { get; set; } = [];

    /// <summary>Keywords that clients search or act on; see <see cref="Service.Keywords"/>.</summary>
    public IReadOnlyList<string> Keywords { get; set; } = [];

    /// <summary>Values of fields in the system's request for this category, by field name.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; set; } = new Dictionary<string, string>();

    /// <summary>The questions that a report of this category answers.</summary>
    public IReadOnlyList<CategoryQuestion> Questions { get; set; } = [];

    /// <summary>Rules for reports of this category; see <see cref="Rules.RuleList"/>. Undefined if there are none.</summary>
    public JsonElement Rules { get; set; }

    /// <summary>Creates the service that clients see.</summary>
    /// <param name="code">The category's code.</param>
    /// <param name="standard">Attributes that every service of the system has. They come before the questions.</param>
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

    /// <summary>Checks the category, except its rules.</summary>
    /// <param name="path">The category's JSON path.</param>
    /// <param name="fields">The names that <see cref="Parameters"/> may have.</param>
    /// <returns>Every error found; empty if the category is valid.</returns>
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

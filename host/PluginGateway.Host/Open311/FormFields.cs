using Microsoft.Extensions.Primitives;

namespace PluginGateway.Host.Open311;

/// <summary>The fields of a form and its uploaded files.</summary>
/// <param name="Values">The values of each field, in the order in which they were sent. Field names are case-insensitive.</param>
/// <param name="Files">The files; null if the form cannot contain any.</param>
internal sealed record FormFields(IReadOnlyDictionary<string, StringValues> Values, IFormFileCollection? Files = null)
{
    public static readonly FormFields Empty = new(new Dictionary<string, StringValues>());
}

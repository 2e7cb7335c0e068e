using Microsoft.Extensions.Primitives;

namespace PluginGateway.Host.Open311;

/// <summary>The fields of a form, and the files that came with it.</summary>
/// <param name="Values">The values of each field, in the order in which they came; names are compared without regard to case.</param>
/// <param name="Files">The files; null when the form cannot have any.</param>
internal sealed record FormFields(IReadOnlyDictionary<string, StringValues> Values, IFormFileCollection? Files = null)
{
    public static readonly FormFields Empty = new(new Dictionary<string, StringValues>());
}

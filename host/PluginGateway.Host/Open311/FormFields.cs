using Microsoft.Extensions.Primitives;

namespace PluginGateway.Host.Open311;

/// <summary>The fields of a form and its uploaded files.</summary>
/// <param name="Values">The values of each field, in the order in which they were sent. Field names are case-insensitive.</param>
/// <param name="Files">The files; null if the form cannot contain any.</param>
internal sealed record FormFields(IReadOnlyDictionary<string, StringValues> Values, IFormFileCollection? Files = null)
{
    public static readonly FormFields Empty = new(new Dictionary<string, StringValues>());

    /// <summary>What the form occupies until its files have been stored: temporary files and the slot of a large body.</summary>
    public IReadOnlyList<IDisposable> Held { get; init; } = [];

    /// <summary>Releases what the form occupies. Otherwise, it is released when the response has been sent.</summary>
    public void Release()
    {
        foreach (var held in Held)
            held.Dispose();
    }
}

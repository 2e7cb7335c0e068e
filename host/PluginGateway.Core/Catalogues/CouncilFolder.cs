using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Catalogues;

/// <summary>Lists the council files. Files whose names start with a dot are skipped: editors create them, and so do mounted configurations.</summary>
/// <param name="Paths">The paths in order; null if the folder cannot be listed, because an unavailable share must not count as empty.</param>
/// <param name="Problem">Why the folder cannot be listed; null if it can.</param>
internal sealed record CouncilFolder(IReadOnlyList<string>? Paths, string? Problem)
{
    public static CouncilFolder List(string folder)
    {
        try
        {
            return Directory.Exists(folder)
                ? new CouncilFolder(
                    // A link to a file that does not exist is not a file.
                    [
                        .. Directory.GetFiles(folder, "*.json").Where(p => !Path.GetFileName(p).StartsWith('.') && RealPath.Find(p) is not null)
                            .Order(StringComparer.Ordinal),
                    ],
                    null)
                : new CouncilFolder(null, "the folder does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new CouncilFolder(null, e.Message);
        }
    }
}

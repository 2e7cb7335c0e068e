using System.Security.Cryptography;
using System.Text;

namespace PluginGateway.Core.Storage;

/// <summary>
/// An id or reference as a key: byte-exact whatever a database thinks of case and blanks, and in the order of the ids, so that rows that
/// come together lie together. Long ones by their hash, which no text begins like.
/// </summary>
internal static class IdKey
{
    private const int MaxLength = 64;

    public static byte[] Of(string id)
    {
        var bytes = Encoding.UTF8.GetBytes(id);
        return bytes.Length <= MaxLength ? bytes : [0xFF, .. SHA256.HashData(bytes)];
    }
}

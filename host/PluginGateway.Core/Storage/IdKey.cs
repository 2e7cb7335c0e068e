using System.Security.Cryptography;
using System.Text;

namespace PluginGateway.Core.Storage;

/// <summary>
/// Converts an id or reference to a key. Keys are compared byte by byte, regardless of the database's rules for case and spaces, and they
/// sort like the ids, so that rows that are inserted together are stored together. A long id is replaced by its hash, preceded by a byte
/// that never starts a UTF-8 text.
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

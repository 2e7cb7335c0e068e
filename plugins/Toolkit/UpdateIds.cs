using System.Security.Cryptography;
using System.Text;

namespace PluginGateway.Adapters.Toolkit;

/// <summary>
/// Creates ids for updates of systems that assign none: the same content always has the same id. FixMyStreet's own gateway uses the same hash, so
/// a council can switch to this gateway without duplicate updates.
/// </summary>
public static class UpdateIds
{
    /// <summary>Returns the first digits of the MD5 hash of bytes, in lower-case hexadecimal.</summary>
    /// <param name="content">The content that distinguishes the update from others.</param>
    /// <param name="digits">The number of digits; even, at most 32.</param>
    /// <returns>The digits.</returns>
    public static string Md5(ReadOnlySpan<byte> content, int digits = 8)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
#pragma warning disable CA5351 // The hash only distinguishes updates; it protects nothing.
        MD5.HashData(content, hash);
#pragma warning restore CA5351
        return Convert.ToHexStringLower(hash[..(digits / 2)]);
    }

    /// <summary>Returns the first digits of the MD5 hash of a text in UTF-8, in lower-case hexadecimal.</summary>
    /// <param name="content">The content that distinguishes the update from others.</param>
    /// <param name="digits">The number of digits; even, at most 32.</param>
    /// <returns>The digits.</returns>
    public static string Md5(string content, int digits = 8) => Md5(Encoding.UTF8.GetBytes(content), digits);
}

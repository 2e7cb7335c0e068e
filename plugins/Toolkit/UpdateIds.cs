using System.Security.Cryptography;
using System.Text;

namespace PluginGateway.Adapters.Toolkit;

/// <summary>
/// Ids for updates of systems that give none: the same news has the same id for ever. They are the ids that clients know already, so a
/// council can change to this gateway without one update coming twice.
/// </summary>
public static class UpdateIds
{
    /// <summary>The beginning of the MD5 of some bytes, in small hexadecimal letters.</summary>
    /// <param name="content">What makes the update different from others.</param>
    /// <param name="digits">How many digits, at most 32; even.</param>
    /// <returns>The digits.</returns>
    public static string Md5(ReadOnlySpan<byte> content, int digits = 8)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
#pragma warning disable CA5351 // It tells updates apart and protects nothing.
        MD5.HashData(content, hash);
#pragma warning restore CA5351
        return Convert.ToHexStringLower(hash[..(digits / 2)]);
    }

    /// <summary>The beginning of the MD5 of a text in UTF-8.</summary>
    /// <param name="content">What makes the update different from others.</param>
    /// <param name="digits">How many digits, at most 32; even.</param>
    /// <returns>The digits.</returns>
    public static string Md5(string content, int digits = 8) => Md5(Encoding.UTF8.GetBytes(content), digits);
}

using System.Security.Cryptography;
using System.Text;

namespace PluginGateway.Core.Reports;

/// <summary>Distinguishes updates that have the same id but differ in their content.</summary>
internal static class ContentHash
{
    /// <summary>The length of a hash.</summary>
    public const int Length = 8;

    /// <summary>Returns hexadecimal digits derived from the parts of a content.</summary>
    public static string Of(params ReadOnlySpan<string?> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, Length / 2));
}

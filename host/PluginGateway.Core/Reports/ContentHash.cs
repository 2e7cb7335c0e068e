using System.Security.Cryptography;
using System.Text;

namespace PluginGateway.Core.Reports;

/// <summary>Distinguishes updates that have the same id but differ in their content.</summary>
internal static class ContentHash
{
    /// <summary>Returns eight characters that follow from the status and the text of an update.</summary>
    public static string Of(string status, string description) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{status}\n{description}")).AsSpan(0, 4));
}

using System.Text;
using System.Text.RegularExpressions;

namespace PluginGateway.Host.Admin.Reading;

/// <summary>A council file as it may be shown: what looks like a secret that was written into it is left out; a name of one is none.</summary>
internal static partial class CouncilFileText
{
    private const int Longest = 60_000;

    public static string Show(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.UTF8);
            var text = new char[Longest];
            var length = reader.ReadBlock(text);
            return Secret().Replace(new string(text, 0, length), "$1\"[not shown]\"") + (reader.Peek() >= 0 ? "\n…" : "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"It cannot be read: {e.Message}";
        }
    }

    [GeneratedRegex("""(?<1>"[^"]*(?i:password|secret|token|apikey|api_key|key|authorization)[^"]*"\s*:\s*)"(?!\$\{secret:)(?:[^"\\]|\\.)*(?:"|$)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Secret();
}

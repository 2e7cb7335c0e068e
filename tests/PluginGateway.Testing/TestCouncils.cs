using System.Text;
using PluginGateway.Core.Councils;
using Xunit;

namespace PluginGateway.Testing;

internal static class TestCouncils
{
    public static Council Plain { get; } = Read(Some.EmailCouncil("plain"));

    public static Council Read(string json)
    {
        var reading = CouncilFileReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal([], reading.Errors.Select(m => m.ToString()));
        return reading.Council!;
    }

    public static IReadOnlyList<string> Errors(string json) => [.. CouncilFileReader.Read(Encoding.UTF8.GetBytes(json)).Errors.Select(m => m.ToString())];
}

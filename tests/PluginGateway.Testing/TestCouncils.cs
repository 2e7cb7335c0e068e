using System.Text;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using Xunit;

namespace PluginGateway.Testing;

internal static class TestCouncils
{
    public static Council Plain { get; } = Read(Some.EmailCouncil("plain"));

    /// <summary>A client whose key shows everything.</summary>
    public static ApiClient Client { get; } = new()
    {
        Id = 1,
        KeyId = 1,
        Name = "a client",
        Profile = ClientProfile.None,
        Councils = new HashSet<string>(),
        Scopes = new HashSet<string> { ApiKeys.Reports, ApiKeys.PrivateReports },
    };

    public static Council Read(string json)
    {
        var reading = CouncilFileReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal([], reading.Errors.Select(m => m.ToString()));
        return reading.Council!;
    }

    public static IReadOnlyList<string> Errors(string json) => [.. CouncilFileReader.Read(Encoding.UTF8.GetBytes(json)).Errors.Select(m => m.ToString())];
}

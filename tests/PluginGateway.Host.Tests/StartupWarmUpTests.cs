using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Tests;

public sealed class StartupWarmUpTests
{
    [Fact]
    public async Task Warm_up_council_is_valid()
    {
        Assert.Empty(CouncilFileReader.Read(StartupWarmUp.Council.ToArray()).Errors);
        await StartupWarmUp.RunAsync();
    }
}

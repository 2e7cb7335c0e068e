using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Tests;

public sealed class StartupWarmUpTests
{
    [Fact]
    public async Task The_council_it_reads_is_read_to_its_end()
    {
        Assert.Empty(CouncilFileReader.Read(StartupWarmUp.Council.ToArray()).Errors);
        await StartupWarmUp.RunAsync();
    }
}

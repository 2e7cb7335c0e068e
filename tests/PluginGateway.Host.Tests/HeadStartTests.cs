using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Tests;

public sealed class HeadStartTests
{
    [Fact]
    public async Task The_council_it_reads_is_read_to_its_end()
    {
        Assert.Empty(CouncilFileReader.Read(HeadStart.Council.ToArray()).Errors);
        await HeadStart.TakeAsync();
    }
}

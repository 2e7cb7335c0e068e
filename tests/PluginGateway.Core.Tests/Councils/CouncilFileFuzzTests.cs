using PluginGateway.Core.Councils;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Councils;

public sealed class CouncilFileFuzzTests
{
    [Fact]
    public void Council_files_are_read_or_their_errors_are_reported() => Fuzz.Run(
        [
            Some.EmailCouncil(
                "a", "\"examples\": [ { \"report\": { \"service\": \"BIN\" }, \"expect\": { \"plan.to\": \"highways@a.example\", \"owner\": \"email\" } } ],"),
            File.ReadAllText(Path.Combine(SourceTree.Root, "host/PluginGateway.Host/council-files/demo.json")),
        ],
        content =>
        {
            var parsed = CouncilFileReader.Read(content);
            Assert.True(parsed.Council is not null || parsed.Errors.Count > 0);
        });
}

using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Reports;

public sealed class FingerprintTests
{
    private static readonly Service Service = Some.Service("S",
        new ServiceAttribute { Code = "Q" },
        new ServiceAttribute { Code = "AUTO", Automated = AttributeAutomation.ServerSet },
        new ServiceAttribute { Code = "SLOT", Automated = AttributeAutomation.HiddenField });

    private static readonly ServiceRequest Request =
        Some.Request(Service) with { Answers = [Answer("Q", "a", "b"), Answer("AUTO", "1"), Answer("SLOT", "mon")] };

    [Fact]
    public void Fingerprint_ignores_values_that_clients_recompute()
    {
        AssertSame(Request with { Reporter = new Reporter { Email = "x@y.z" } });
        AssertSame(Request with { MediaUrls = [new Uri("https://a/b.jpg")] });
        AssertSame(Request with { Location = Request.Location with { Latitude = 51.500001 } });
        AssertSame(Request with { Answers = [Answer("SLOT", "mon"), Answer("Q", "b", "a"), Answer("AUTO", "2")] });
    }

    [Fact]
    public void Fingerprint_changes_with_the_content()
    {
        AssertDifferent(Request with { Description = "other" });
        AssertDifferent(Request with { Location = Request.Location with { Latitude = 51.6 } });
        AssertDifferent(Request with { Answers = [Answer("Q", "a"), Answer("AUTO", "1"), Answer("SLOT", "mon")] });
        AssertDifferent(Request with { Answers = [Answer("Q", "a", "b"), Answer("AUTO", "1"), Answer("SLOT", "tue")] });
        Assert.NotEqual(Of(Request), Fingerprint.Of("T", Request, ["SLOT"]));
    }

    [Fact]
    public void Fingerprint_differs_when_texts_are_split_differently() => Assert.NotEqual(
        Of(Request with { Description = "ab", Location = new ReportLocation { Address = "c" } }),
        Of(Request with { Description = "a", Location = new ReportLocation { Address = "bc" } }));

    private static void AssertSame(ServiceRequest other) => Assert.Equal(Of(Request), Of(other));

    private static void AssertDifferent(ServiceRequest other) => Assert.NotEqual(Of(Request), Of(other));

    private static byte[] Of(ServiceRequest request) => Fingerprint.Of("S", request, ["SLOT"]);

    private static ReportAnswer Answer(string code, params string[] values) => new() { Code = code, Values = values };
}

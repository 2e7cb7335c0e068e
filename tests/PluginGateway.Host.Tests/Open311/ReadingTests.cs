using Microsoft.Extensions.Primitives;
using PluginGateway.Contracts;
using PluginGateway.Host.Open311;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Open311;

public sealed class ReadingTests
{
    [Theory]
    [InlineData("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.0000000+00:00", false)]
    [InlineData("2026-01-31T09:30:00+01:00", "2026-01-31T09:30:00.0000000+01:00", false)]
    [InlineData("2026-01-31T09:30:00 01:00", "2026-01-31T09:30:00.0000000+01:00", false)]
    [InlineData("2026-01-31T09:30:00-0530", "2026-01-31T09:30:00.0000000-05:30", false)]
    [InlineData("2026-01-31T09:30:00.123456Z", "2026-01-31T09:30:00.0000000+00:00", false)]
    [InlineData("2026-01-31T09:30:00", "2026-01-31T09:30:00.0000000+00:00", true)]
    [InlineData("2026-01-31T09:30Z", "2026-01-31T09:30:00.0000000+00:00", false)]
    [InlineData("2026-01-31", "2026-01-31T00:00:00.0000000+00:00", true)]
    [InlineData("2026-11", "2026-11-01T00:00:00.0000000+00:00", true)]
    public void Times_are_parsed_in_all_formats_of_clients(string text, string expected, bool assumed)
    {
        Assert.True(Open311Time.TryParse(text, out var time, out var assumedUtc));
        Assert.Equal((expected, assumed), (time.ToString("O", System.Globalization.CultureInfo.InvariantCulture), assumedUtc));
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2026-02-31T00:00:00Z")]
    [InlineData("2026-01-31T25:00:00Z")]
    [InlineData("31/01/2026")]
    public void Invalid_times_are_rejected(string text) => Assert.False(Open311Time.TryParse(text, out _, out _));

    [Fact]
    public void Attributes_are_parsed_in_every_form()
    {
        var arguments = Form(
            ("attribute[A]", "1"), ("attribute[B][]", "2"), ("attribute[B][]", "3"), ("attribute[C][0]", "4"), ("attribute[D]", "5"), ("attribute[D]", "6"),
            ("other", "7"));

        Assert.Equal(
            ["A=1", "B=2|3", "C=4", "D=5|6"],
            arguments.Attributes().Select(a => $"{a.Code}={string.Join('|', a.Values)}"));
    }

    [Fact]
    public void Scalar_with_two_different_values_is_reported()
    {
        var arguments = Form(("service_code", "a"), ("service_code", "b"));

        arguments.One("service_code");

        Assert.Equal(["service_code was given more than once, with different values."], Descriptions(arguments));
    }

    [Fact]
    public void Blank_arguments_are_ignored_and_line_breaks_normalised()
    {
        var arguments = Form(("status", "  "), ("description", "a\r\nb\rc\nd\u0007"));

        Assert.Null(arguments.One("status"));
        Assert.Equal("a\nb\nc\nd", arguments.One("description"));
    }

    [Theory]
    [InlineData("lat", "91")]
    [InlineData("long", "181")]
    [InlineData("lat", "NaN")]
    [InlineData("lat", "1,5")]
    [InlineData("lat", "1e400")]
    [InlineData("long", "Infinity")]
    public void Invalid_coordinates_are_rejected(string name, string value)
    {
        var arguments = Form(("lat", name == "lat" ? value : "51"), ("long", name == "long" ? value : "0"));

        Read(arguments);

        Assert.Contains(arguments.Problems, p => p.Description.StartsWith(name + " must be a number from", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("lat=51.5")]
    [InlineData("")]
    [InlineData("lat=&long=")]
    public void Location_is_required(string query)
    {
        var arguments = Form([.. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).Select(p => (p[0], p[1]))]);

        Read(arguments);

        Assert.Equal(["Provide lat and long, address_string or address_id."], Descriptions(arguments));
    }

    [Fact]
    public void Address_or_marker_for_no_pin_suffices()
    {
        Assert.Equal("1 High St", Read(Form(("address_string", "1 High St"))).Location.Address);

        var arguments = Form(("address_id", "#NOTPINPOINTED#"));
        Assert.Null(Read(arguments).Location.AddressId);
        Assert.Empty(arguments.Problems);
    }

    [Fact]
    public void Every_invalid_answer_is_reported_with_its_code()
    {
        var service = Some.Service("S",
            new ServiceAttribute { Code = "NEED", Required = true },
            new ServiceAttribute { Code = "NOTICE", Required = true, Variable = false },
            new ServiceAttribute { Code = "NUM", Type = AttributeType.Number },
            new ServiceAttribute { Code = "WHEN", Type = AttributeType.DateTime },
            new ServiceAttribute { Code = "LINE" },
            new ServiceAttribute { Code = "LONG", Type = AttributeType.Text },
            new ServiceAttribute
            {
                Code = "ONE",
                Type = AttributeType.SingleValueList,
                Values = [new AttributeValue { Key = "a", Name = "A" }, new AttributeValue { Key = "x", Name = "X", DisableMessage = "Please call." }],
            },
            new ServiceAttribute
            {
                Code = "ANY",
                Type = AttributeType.SingleValueList,
                AllowAny = true,
                Values = [new AttributeValue { Key = "a", Name = "A" }],
            });
        var arguments = Form(
            ("lat", "51"), ("long", "0"), ("attribute[NEED]", " "), ("attribute[NUM]", "1,5"), ("attribute[WHEN]", "soon"), ("attribute[LINE]", "a\nb"),
            ("attribute[LONG]", "a\nb"), ("attribute[ONE]", "b"), ("attribute[ONE][]", "x"), ("attribute[ANY]", "z"), ("attribute[UNKNOWN]", "kept"));

        var request = ReportParser.Read(arguments, TestCouncils.Plain, service, strict: false, Some.Time);

        Assert.Equal(
            [
                "attribute[NEED] is required.",
                "attribute[NUM] must be a number.",
                "attribute[WHEN] must be a date and time such as 2026-01-31T09:30:00Z.",
                "attribute[LINE] must be a single line.",
                "attribute[ONE] accepts only one value.",
                "attribute[ONE] must be one of: a, x.",
                "Please call.",
            ],
            Descriptions(arguments));
        Assert.Equal("kept", request.Answer("UNKNOWN"));
    }

    [Fact]
    public void Description_length_is_counted_in_characters()
    {
        var long4000 = string.Concat(Enumerable.Repeat("é", 4_000));

        Assert.Empty(Problems(long4000, strict: true));
        Assert.Equal(["description is longer than 4000 characters."], Problems(long4000 + "é", strict: true));
        Assert.Empty(Problems(long4000 + "é", strict: false));
    }

    [Theory]
    [InlineData("../../etc/passwd", "image/jpeg", "passwd.jpg")]
    [InlineData("C:\\photos\\a b.JPG", "image/png", "a b.png")]
    [InlineData("..", "application/pdf", "file1.pdf")]
    [InlineData("a\r\nBcc: x\u0000.jpg", "image/gif", "aBcc x.gif")]
    [InlineData("run.exe", "application/octet-stream", "run.bin")]
    public void File_names_are_sanitised(string given, string type, string expected) => Assert.Equal(expected, FileTypes.SafeName(given, type, 1));

    [Fact]
    public void Media_urls_are_http_or_https_only()
    {
        var arguments = Form(
            ("lat", "51"), ("long", "0"), ("media_url", "https://a/1.jpg"), ("media_url", "javascript:alert(1)"), ("media_url", ""),
            ("media_url", "file:///etc/passwd"), ("media_url", "http://b/2.jpg"));

        Assert.Equal(["https://a/1.jpg", "http://b/2.jpg"], Read(arguments).MediaUrls.Select(u => u.AbsoluteUri));
        Assert.Empty(arguments.Problems);
    }

    private static IReadOnlyList<string> Descriptions(Parameters arguments) => [.. arguments.Problems.Select(p => p.Description)];

    private static IReadOnlyList<string> Problems(string description, bool strict)
    {
        var arguments = Form(("lat", "51"), ("long", "0"), ("description", description));
        ReportParser.Read(arguments, TestCouncils.Plain, Some.Service(), strict, Some.Time);
        return Descriptions(arguments);
    }

    private static ServiceRequest Read(Parameters arguments) => ReportParser.Read(arguments, TestCouncils.Plain, Some.Service(), strict: false, Some.Time);

    private static Parameters Form(params (string Name, string Value)[] fields) => new(
        fields.GroupBy(f => f.Name).ToDictionary(g => g.Key, g => new StringValues([.. g.Select(f => f.Value)]), StringComparer.Ordinal));
}

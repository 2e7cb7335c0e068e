using Microsoft.Extensions.Primitives;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
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

        var request = ReportParser.Read(arguments, TestCouncils.Plain, service, strict: true, Some.Time);

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

    [Theory]
    [InlineData(AttributeType.String, "12 High Street\r\nBexley\r\n\r\n", "12 High Street Bexley")]
    [InlineData(AttributeType.Text, "12 High Street\nBexley\n\n", "12 High Street\nBexley\n\n")]
    [InlineData(AttributeType.String, "one line", "one line")]
    [InlineData(AttributeType.String, "[\"a\"]", "[\"a\"]")]
    public void Text_with_line_breaks_is_joined_for_a_single_line_question(AttributeType type, string given, string expected)
    {
        var arguments = Form(("lat", "51"), ("long", "0"), ("attribute[Q]", given));

        var request = ReportParser.Read(
            arguments, TestCouncils.Plain, Some.Service("S", new ServiceAttribute { Code = "Q", Type = type }), strict: false, Some.Time);

        Assert.Empty(arguments.Problems);
        Assert.Equal(expected, request.Answer("Q"));
    }

    [Theory]
    [InlineData("attribute[M]", "[\"x\",\"y\"]", "x|y", null)]
    [InlineData("attribute[M]", "[1, \"x\"]", "1|x", null)]
    [InlineData("attribute[M]", "[\"x\"", null, "attribute[M] must be one of: x, y, 1.")]
    [InlineData("attribute[M]", "[[\"x\"]]", null, "attribute[M] must be one of: x, y, 1.")]
    [InlineData("attributes", "{\"M\":[\"x\",\"y\"]}", "x|y", null)]
    [InlineData("attributes", "{\"M\":1}", "1", null)]
    [InlineData("attributes", "{\"M\":null}", "", null)]
    [InlineData("attributes", "{\"M\":\"z\"}", null, "attribute[M] must be one of: x, y, 1.")]
    [InlineData("attributes", "M=x", null, "attributes must be a JSON object whose values are strings, numbers, Booleans or lists of these, such as {\"CODE\":\"value\"}.")]
    [InlineData("attributes", "{\"M\":{\"x\":1}}", null, "attributes must be a JSON object whose values are strings, numbers, Booleans or lists of these, such as {\"CODE\":\"value\"}.")]
    [InlineData("attribute[M]", "[\"\\ud83d\"]", null, "attribute[M] must be one of: x, y, 1.")]
    [InlineData("attributes", "{\"M\":\"\\ud83d\"}", null, "attributes must be a JSON object whose values are strings, numbers, Booleans or lists of these, such as {\"CODE\":\"value\"}.")]
    [InlineData("attributes", "[\"x\"]", null, "attributes must be a JSON object whose values are strings, numbers, Booleans or lists of these, such as {\"CODE\":\"value\"}.")]
    public void Answers_in_json_are_read_or_refused(string name, string json, string? values, string? problem)
    {
        var arguments = Form(("lat", "51"), ("long", "0"), (name, json));
        var service = Some.Service("S", new ServiceAttribute
        {
            Code = "M",
            Type = AttributeType.MultiValueList,
            Values = [.. new[] { "x", "y", "1" }.Select(k => new AttributeValue { Key = k, Name = k })],
        });

        var request = ReportParser.Read(arguments, TestCouncils.Plain, service, strict: false, Some.Time);

        Assert.Equal(problem is null ? [] : [problem], Descriptions(arguments));
        if (values is not null)
            Assert.Equal(values, string.Join('|', request.Answers.Single().Values));
    }

    [Fact]
    public void Required_list_without_values_accepts_any_text()
    {
        var service = Some.Service("S", new ServiceAttribute { Code = "L", Type = AttributeType.SingleValueList, Required = true });
        var given = Form(("lat", "51"), ("long", "0"), ("attribute[L]", "anything"));
        var missing = Form(("lat", "51"), ("long", "0"));

        Assert.Equal("anything", ReportParser.Read(given, TestCouncils.Plain, service, strict: true, Some.Time).Answer("L"));
        ReportParser.Read(missing, TestCouncils.Plain, service, strict: true, Some.Time);

        Assert.Empty(given.Problems);
        Assert.Equal(["attribute[L] is required."], Descriptions(missing));
    }

    [Fact]
    public void Picture_in_a_data_url_is_a_file()
    {
        var arguments = Form(("lat", "51"), ("long", "0"), ("media_url", "data:image/png;base64,iVBORw0KGgo="), ("media_url", "https://a/1.jpg"));

        var file = Assert.Single(ReportParser.Files(arguments)!);

        Assert.Equal(8, file.Length);
        Assert.Empty(arguments.Problems);
        // A form field with a plus sign that was not escaped arrives with a blank.
        Assert.Equal(new byte[] { 0xFB, 0xEF, 0xBE }, DataUrl.Read("data:;base64,++++")!);
        Assert.Equal(new byte[] { 0xFB, 0xEF, 0xBE }, DataUrl.Read("data:;base64,+ ++")!);
        Assert.Equal(new byte[] { 0xFB, 0xEF, 0xBE }, DataUrl.Read("data:;base64,++\r\n ++")!);
        var invalid = Form(("media_url", "data:image/png;base64,???"));
        ReportParser.Files(invalid);
        Assert.Equal(["A data URL in media_url cannot be read."], Descriptions(invalid));
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
    [InlineData("list.CSV", "application/octet-stream", "list.csv")]
    [InlineData("mail.eml", "application/octet-stream", "mail.eml")]
    [InlineData("noextension", "application/octet-stream", "noextension.bin")]
    [InlineData("page.HTML", "application/octet-stream", "page.bin")]
    [InlineData("add-in.xll", "application/octet-stream", "add-in.bin")]
    [InlineData("photo.jpg", "application/x-msdownload", "photo.bin")]
    [InlineData("a\uFFFEb.txt", "application/octet-stream", "ab.txt")]
    [InlineData("x.tar.gz\u202Efdp", "application/octet-stream", "x.tar.gzfdp")]
    [InlineData("plan.docx", "application/zip", "plan.docx")]
    [InlineData("plan.doc", "application/zip", "plan.zip")]
    [InlineData("letter.doc", "application/x-ole-storage", "letter.doc")]
    [InlineData("clip.MOV", "video/quicktime", "clip.mov")]
    [InlineData("IMG_1.HEIC", "image/heic", "IMG_1.heic")]
    [InlineData("Foto Straße – größe 🏳.PNG", "image/png", "Foto Straße größe.png")]
    [InlineData("Gro\u0308ße.png", "image/png", "Größe.png")]
    [InlineData("CON.jpg", "image/jpeg", "_CON.jpg")]
    [InlineData("nul.tar.txt", "application/octet-stream", "_nul.tar.txt")]
    public void File_names_are_sanitised(string given, string type, string expected) => Assert.Equal(expected, FileTypes.SafeName(given, type, 1));

    [Fact]
    public void Long_file_name_is_shortened_before_its_extension()
    {
        var name = FileTypes.SafeName(new string('x', 110) + ".jpeg", "image/jpeg", 1);

        Assert.Equal(FileTypes.MaxNameLength, name.Length);
        Assert.EndsWith("x.jpg", name, StringComparison.Ordinal);
        Assert.EndsWith("x.docx", FileTypes.Truncate(new string('x', 200) + ".docx"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000001866747970686569630000000068656963", "image/heic")]
    [InlineData("00000018667479706d6966310000000068656963", "image/heic")]
    [InlineData("00000018667479706d696631000000006d696631", "image/heic")]
    [InlineData("00000018667479706d73663100000000686576630", "image/heic")]
    [InlineData("00000018667479706d6966310000000061766966", "image/avif")]
    [InlineData("00000014667479707174202000000000717420200", "video/quicktime")]
    [InlineData("0000001c667479706d7034320000000069736f6d", "video/mp4")]
    [InlineData("000000186674797033677034000000003367703400", "video/3gpp")]
    [InlineData("0000000866747970", "application/octet-stream")]
    [InlineData("00000008776964650000000f6d646174", "video/quicktime")]
    [InlineData("504b030414000600", "application/zip")]
    [InlineData("4d5a90000300", "application/x-msdownload")]
    [InlineData("d0cf11e0a1b11ae100", "application/x-ole-storage")]
    [InlineData("49492a0008000000", "image/tiff")]
    [InlineData("4d4d002a00000008", "image/tiff")]
    [InlineData("255044462d312e37", "application/pdf")]
    [InlineData("", "application/octet-stream")]
    [InlineData("68656c6c6f", "application/octet-stream")]
    public void Type_is_recognised_by_content(string start, string type) => Assert.Equal(type, FileTypes.Of(Convert.FromHexString(start[..(start.Length / 2 * 2)])));

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

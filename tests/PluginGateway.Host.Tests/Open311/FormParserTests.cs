using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Tests.Open311;

public sealed class FormParserTests
{
    [Theory]
    [InlineData("a=1+2&b=%2B", "1 2", "+")]
    [InlineData("a=caf%C3%A9&b=caf%c3%a9", "café", "café")]
    [InlineData("a=café&b=%F0%9F%9A%B2", "café", "🚲")]
    [InlineData("a=100%&b=5%2", "100%", "5%2")]
    [InlineData("a=%zz%2g&b=%%41", "%zz%2g", "%A")]
    [InlineData("a=x=y&b", "x=y", "")]
    [InlineData("&&a=%26%3D&&b=%25&", "&=", "%")]
    [InlineData("a=%FF&b=%C3+", "\uFFFD", "\uFFFD ")]
    [InlineData("%61=1&B=2", "1", "2")]
    [InlineData("a=5%4\0&b=%A\0%4", "5%4\0", "%A\0%4")]
    public async Task Valid_escapes_are_decoded_and_invalid_ones_kept(string body, string a, string b)
    {
        var (form, refusal) = await ReadAsync(Encoding.UTF8.GetBytes(body));

        Assert.Null(refusal);
        Assert.Equal((a, b), (form!["a"].ToString(), form["b"].ToString()));
    }

    [Fact]
    public async Task Repeated_names_keep_all_values_in_order()
    {
        var (form, _) = await ReadAsync("media_url=1&description=x&MEDIA_URL=2&media_url=1"u8.ToArray());

        Assert.Equal("1,2,1", form!["media_url"].ToString());
        Assert.Equal(2, form.Count);
    }

    [Fact]
    public async Task Form_received_in_pieces_is_read_completely()
    {
        var text = string.Join('&', Enumerable.Range(0, 1_000).Select(i => $"n{i}=caf%C3%A9+{i}"));

        var (form, refusal) = await ReadAsync(Encoding.ASCII.GetBytes(text), pieces: 7);

        Assert.Null(refusal);
        Assert.Equal(1_000, form!.Count);
        Assert.All(Enumerable.Range(0, 1_000), i => Assert.Equal($"café {i}", form[$"n{i}"].ToString()));
    }

    [Theory]
    [InlineData(1_024, true)]
    [InlineData(1_025, false)]
    public async Task Number_of_fields_is_limited(int fields, bool accepted)
    {
        var (form, refusal) = await ReadAsync(Encoding.ASCII.GetBytes(string.Join('&', Enumerable.Repeat("a=1", fields))));

        Assert.Equal(accepted, refusal is null);
        Assert.Equal(accepted ? fields : 0, form?["a"].Count ?? 0);
    }

    [Theory]
    [InlineData("; charset=ISO-8859-1", "description=M%FCller%20Stra%DFe", "Müller Straße")]
    [InlineData("; charset=\"iso-8859-1\"", "description=%80+%92", "€ ’")]
    [InlineData("; charset=windows-1250", "description=%A3%F3d%9F", "Łódź")]
    [InlineData("; charset=Shift_JIS", "description=%93%B9%98%48", "道路")]
    [InlineData("; charset=utf8", "description=M%C3%BCller", "Müller")]
    [InlineData("; charset=us-ascii", "description=M%C3%BCller", "Müller")]
    [InlineData("", "_charset_=windows-1252&description=M%FCller", "Müller")]
    [InlineData("", "description=M%FCller&_charset_=ISO-8859-15", "Müller")]
    [InlineData("; charset=utf-8", "_charset_=windows-1252&description=M%C3%BCller", "Müller")]
    public async Task Form_is_decoded_in_the_charset_that_it_declares(string charset, string body, string description)
    {
        var (form, refusal) = await ReadAsync(Encoding.ASCII.GetBytes(body), type: UrlEncoded + charset);

        Assert.Null(refusal);
        Assert.Equal(description, form!["description"].ToString());
        Assert.DoesNotContain("_charset_", form.Keys);
    }

    [Fact]
    public async Task Raw_bytes_and_long_forms_are_decoded_in_the_declared_charset_too()
    {
        var body = Encoding.Latin1.GetBytes("description=M\u00FCller&a=" + new string('x', 60_000) + "&b=" + new string('\u00DF', 60_000));

        var (form, refusal) = await ReadAsync(body, pieces: 5, type: UrlEncoded + "; charset=latin1");

        Assert.Null(refusal);
        Assert.Equal(("Müller", new string('ß', 60_000)), (form!["description"].ToString(), form["b"].ToString()));
    }

    [Theory]
    [InlineData("utf-7")]
    [InlineData("unicode-1-1-utf-7")]
    [InlineData("x-unicode-2-0-utf-7")]
    [InlineData("utf-16")]
    [InlineData("IBM037")]
    [InlineData("no-such-charset")]
    public async Task Unknown_and_forbidden_charsets_are_answered_with_415(string charset)
    {
        var (_, urlEncoded) = await ReadAsync("a=1"u8.ToArray(), type: $"{UrlEncoded}; charset={charset}");
        var (_, declared) = await ReadAsync(Encoding.ASCII.GetBytes($"_charset_={charset}&a=1"));
        var (_, part) = await ReadAsync(Multipart($"Content-Type: text/plain; charset={charset}\r\n", "a"u8.ToArray()), type: MultipartType);

        Assert.All([urlEncoded, declared, part], refusal =>
        {
            var failed = Assert.IsType<Open311Response.Failed>(refusal);
            Assert.Equal((415, $"The charset {charset} is not supported. Use UTF-8."), (failed.Status, failed.Errors[0].Description));
        });
    }

    [Theory]
    [InlineData("Content-Type: text/plain; charset=ISO-8859-1\r\n", new byte[] { (byte)'M', 0xFC }, "Mü")]
    [InlineData("Content-Type: text/plain; charset=windows-1252\r\n", new byte[] { 0x80 }, "€")]
    [InlineData("Content-Type: text/plain\r\n", new byte[] { 0xC3, 0xBC }, "ü")]
    [InlineData("", new byte[] { 0xEF, 0xBB, 0xBF, 0xC3, 0xBC }, "ü")]
    public async Task Part_is_decoded_in_the_charset_that_it_declares(string header, byte[] value, string expected)
    {
        var (form, refusal) = await ReadAsync(Multipart(header, value), type: MultipartType);

        Assert.Null(refusal);
        Assert.Equal(expected, form!["description"].ToString());
    }

    [Fact]
    public async Task Charset_field_applies_to_the_parts_that_declare_none()
    {
        var field = "--xYzZY\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\niso-8859-1\r\n"u8.ToArray();

        var (form, _) = await ReadAsync([.. field, .. Multipart("", [0xFC])], type: MultipartType);

        Assert.Equal("ü", form!["description"].ToString());
        Assert.Single(form);
    }

    private const string UrlEncoded = "application/x-www-form-urlencoded";
    private const string MultipartType = "multipart/form-data; boundary=xYzZY";

    private static byte[] Multipart(string header, byte[] value) =>
        [.. Encoding.ASCII.GetBytes($"--xYzZY\r\nContent-Disposition: form-data; name=\"description\"\r\n{header}\r\n"), .. value, .. "\r\n--xYzZY--\r\n"u8];

    private static async Task<(IReadOnlyDictionary<string, StringValues>? Form, Open311Response? Refusal)> ReadAsync(
        byte[] body, int pieces = 1, string type = UrlEncoded)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = type;
        http.Request.ContentLength = body.Length;
        http.Request.Body = new MemoryStream(body);
        var pipe = new Pipe();
        http.Features.Set<Microsoft.AspNetCore.Http.Features.IRequestBodyPipeFeature>(new Body(pipe.Reader));
        var spool = new Spool(Options.Create(new StateOptions { Path = Path.GetTempPath() }));
        var reading = new FormParser(new MultipartForm(spool, Options.Create(new Open311Options())), Options.Create(new LimitsOptions())).ReadAsync(http);
        foreach (var piece in body.Chunk((body.Length + pieces - 1) / pieces))
            await pipe.Writer.WriteAsync(piece);
        await pipe.Writer.CompleteAsync();
        var (form, refusal) = await reading;
        return (form?.Values, refusal);
    }

    private sealed record Body(PipeReader Reader) : Microsoft.AspNetCore.Http.Features.IRequestBodyPipeFeature;
}

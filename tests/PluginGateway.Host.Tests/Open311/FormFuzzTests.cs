using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;
using PluginGateway.Host.Open311;
using PluginGateway.PluginHosting.Signing;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Open311;

/// <summary>Tests the readers of forms, pictures and signatures with damaged and malicious content.</summary>
public sealed class FormFuzzTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FormParser _parser;

    public FormFuzzTests()
    {
        var spool = new Spool(Options.Create(new StateOptions { Path = _folder.At("spool") }));
        _parser = new FormParser(new MultipartForm(spool, Options.Create(new Open311Options())), Options.Create(new LimitsOptions()));
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-16")]
    [InlineData("application/x-www-form-urlencoded; charset=iso-2022-jp")]
    public void Url_encoded_forms_are_read_or_refused(string type) => Fuzz.Run(
        ["service_code=BIN&lat=51.5&long=-0.1&description=A+b%C3%A9&attribute[a]=1&attribute[b][]=2&_charset_=utf-8", "a", ""], content => Read(type, content));

    [Fact]
    public void Multipart_forms_are_read_or_refused() => Fuzz.Run(
        [
            "--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nhello\r\n--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\n"
                + "Content-Type: image/png\r\n\r\n\u0089PNG\r\n--b--\r\n",
            "--b\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nwindows-1252\r\n--b\r\nContent-Disposition: form-data; name=a\r\n"
                + "Content-Type: text/plain; charset=utf-16\r\n\r\nx\r\n--b--",
        ],
        content => Read("multipart/form-data; boundary=b", content));

    [Fact]
    public void Pictures_are_measured_or_have_no_size() => Fuzz.Run(
        [
            "GIF89a\u0001\u0000\u0001\u0000", "\u0089PNG\r\n\u001a\n\u0000\u0000\u0000\rIHDR\u0000\u0000\u0001\u0000\u0000\u0000\u0001\u0000", "II*\u0000\b\u0000\u0000\u0000\u0001\u0000",
            "\u0000\u0000\u0000\u0018ftypheic\u0000\u0000\u0000\u0000mif1\u0000\u0000\u0000\u0008meta\u0000\u0000\u0000\u0014ispe", "RIFF\u0010\u0000\u0000\u0000WEBPVP8X",
        ],
        content =>
        {
            // The examples are bytes, one for each character.
            using var stream = new MemoryStream(Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(content)));
            Assert.True(ImageSize.PixelsAsync(stream, default).GetAwaiter().GetResult() >= 0);
        });

    [Fact]
    public void Signatures_are_read_or_refused() => Fuzz.Run(
        ["{ \"key\": \"0011223344556677\", \"signed\": \"2026-11-29T10:00:00Z\", \"files\": { \"a.dll\": \"00\" }, \"signature\": \"AAAA\" }"],
        content =>
        {
            File.WriteAllBytes(_folder.At(PluginSignature.FileName), content);
            try
            {
                Assert.NotNull(PluginSignature.Read(_folder.At("")));
            }
            catch (InvalidDataException)
            {
                // The documented answer to a file that is no signature.
            }
        });

    public void Dispose() => _folder.Dispose();

    private void Read(string type, byte[] body)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = type;
        http.Request.ContentLength = body.Length;
        http.Request.Body = new MemoryStream(body);
        var (form, refusal) = _parser.ReadAsync(http).GetAwaiter().GetResult();
        Assert.True(form is null != refusal is null);
        if (refusal is not null)
            Assert.InRange(refusal.Status, 400, 499);
    }
}

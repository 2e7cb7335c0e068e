using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
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

    private static async Task<(IReadOnlyDictionary<string, StringValues>? Form, Open311Response? Refusal)> ReadAsync(byte[] body, int pieces = 1)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = "application/x-www-form-urlencoded";
        http.Request.ContentLength = body.Length;
        var pipe = new Pipe();
        http.Features.Set<Microsoft.AspNetCore.Http.Features.IRequestBodyPipeFeature>(new Body(pipe.Reader));
        var reading = FormParser.ReadAsync(http);
        foreach (var piece in body.Chunk((body.Length + pieces - 1) / pieces))
            await pipe.Writer.WriteAsync(piece);
        await pipe.Writer.CompleteAsync();
        var (form, refusal) = await reading;
        return (form?.Values, refusal);
    }

    private sealed record Body(PipeReader Reader) : Microsoft.AspNetCore.Http.Features.IRequestBodyPipeFeature;
}

using System.Net;
using System.Text.Json.Serialization;
using PluginGateway.Adapters.Toolkit.Csv;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;
using PluginGateway.Testing;

namespace PluginGateway.Adapters.Toolkit.Tests;

/// <summary>Tests the toolkit's parsers with damaged and malicious content.</summary>
public sealed partial class FuzzTests
{
    [Fact]
    public void Xml_is_parsed_or_refused() => Fuzz.Run(
        [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a b=\"c\"><d>text &amp; more</d><e><![CDATA[<x>]]></e></a>",
            "<?xml version=\"1.0\" encoding=\"windows-1252\"?><services><service><service_code>1</service_code></service></services>",
        ],
        content =>
        {
            var root = SafeXml.Parse(content);
            Assert.True(root is null || root.DescendantsAndSelf().All(e => e.Ancestors().Count() <= 64));
        });

    [Fact]
    public void Tables_are_read_or_a_problem_is_stated() => Fuzz.Run(
        ["a,b,c\n1,2,3\n\"x, \"\"y\"\"\",,\n", "CRNo;Date;Notes\r\n1;29/11/2026;\"two\r\nlines\"\r\n", "one\n"],
        content => ReadAsync(content).GetAwaiter().GetResult());

    [Fact]
    public void Json_answers_are_read_or_refused() => Fuzz.Run(
        ["{ \"id\": \"7\", \"items\": [ { \"a\": 1.5 }, null ] }", "{ \"errors\": [ { \"code\": 400, \"description\": \"no\" } ] }"],
        content =>
        {
            Read(HttpStatusCode.OK, content);
            Read(HttpStatusCode.BadRequest, content);
        });

    private static void Read(HttpStatusCode status, byte[] content)
    {
        using var http = new HttpClient(new AnsweringHandler(status, "application/json", content));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://council.example/");
        var answer = HttpCalls.ReadAsync(http, request, TimeProvider.System, default).GetAwaiter().GetResult();
        Assert.InRange(answer.Excerpt.Length, 0, HttpResult.MaxExcerptLength);
        try
        {
            JsonCalls.Read(answer, Json.Default.Answer, error => error.GetProperty("errors")[0].GetProperty("description").GetString());
        }
        catch (AdapterException)
        {
            // The documented answer to content that cannot be read.
        }
    }

    private static async Task ReadAsync(byte[] content)
    {
        await using var table = await CsvTable.OpenAsync(_ => Task.FromResult<Stream>(new MemoryStream(content, writable: false)), default);
        var rows = 0;
        while (await table.ReadAsync(default))
        {
            for (var column = 0; column < table.Columns.Count; column++)
                Assert.NotNull(table.Text(column));
            Assert.True(++rows <= content.Length + 1, "There are more rows than bytes.");
        }
    }

    internal sealed record Answer(string? Id, IReadOnlyList<Dictionary<string, double>?>? Items);

    [JsonSerializable(typeof(Answer))]
    internal sealed partial class Json : JsonSerializerContext;
}

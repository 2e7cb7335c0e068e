using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;
using PluginGateway.Testing;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>Tests the documents and answers of a council's Symology with damaged and malicious content.</summary>
public sealed class FuzzTests
{
    [Fact]
    public void Documents_are_read_and_their_problems_stated() => Fuzz.Run(
        [
            "History Date/Time,CRNo,Action Due,Event Type,Stage,Notes\n29/11/2026 16:05,560252,NCR,EV,3,done\n29/11/2026 16:06,560253,CSC,EV,3,\"a, b\"\n",
            "<root><Request><OutCRNo>7</OutCRNo><EventHistory><EventHistoryGet><LineNo>1</LineNo><HistoryEventType>CL</HistoryEventType>"
                + "<HistoryDate>2026-01-01</HistoryDate><HistoryTime>09:30</HistoryTime></EventHistoryGet></EventHistory></Request></root>",
        ],
        content => ReadAsync(content).GetAwaiter().GetResult());

    [Fact]
    public void Answers_are_understood_or_unreadable() => Fuzz.Run(
        [
            "<SendRequestAdditionalGroupResult><StatusCode>0</StatusCode><StatusMessage>ok</StatusMessage><SendRequestResults><SendRequestResultRow>"
                + "<RecordType>2</RecordType><MessageType>1</MessageType><ConvertCRNo>7</ConvertCRNo></SendRequestResultRow></SendRequestResults>"
                + "</SendRequestAdditionalGroupResult>",
        ],
        content =>
        {
            if (SafeXml.Parse(content) is { } root)
                SymologyResponse.Of(new XElement("Body", root), "SendRequestAdditionalGroup");
        });

    private static async Task ReadAsync(byte[] content)
    {
        var reader = (IDocumentReader)Bexley.Adapter(Bexley.Settings(), TimeProvider.System);
        var document = new Document
        {
            Name = "export.csv",
            Length = content.Length,
            ReceivedAt = Some.Time,
            OpenAsync = _ => Task.FromResult<Stream>(new MemoryStream(content, writable: false)),
        };
        try
        {
            await foreach (var entry in reader.ReadAsync(document, default))
                Assert.True(entry.Update is not null || entry.Problem is not null || entry.Row > 0);
        }
        catch (AdapterException)
        {
            // The documented answer to a document that cannot be read at all.
        }
    }
}

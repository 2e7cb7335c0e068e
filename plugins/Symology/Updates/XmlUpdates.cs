using System.Globalization;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Times;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Updates;

/// <summary>Reads updates from the XML files that the Symology systems of some councils write: a request with its history.</summary>
internal static class XmlUpdates
{
    private const long MaxLength = 4 << 20;

    public static async IAsyncEnumerable<DocumentEntry> ReadAsync(
        Document document, SymologyMapping mapping, LocalTime local, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var row = 0;
        foreach (var request in await RequestsAsync(document, cancellationToken))
        {
            var number = request.Text("OutCRNo");
            foreach (var history in request.Child("EventHistory").Children("EventHistoryGet"))
                if (Entry(history, number, ++row, mapping, local, document.ReceivedAt) is { } entry)
                    yield return entry;
        }
    }

    private static async Task<List<XElement>> RequestsAsync(Document document, CancellationToken cancellationToken)
    {
        // A file contains one request. The XML tree of the largest possible document would need about a gigabyte of memory.
        if (document.Length > MaxLength)
            throw AdapterException.Rejected($"The XML file is longer than {MaxLength >> 10} KB.");
        using var content = new MemoryStream();
        await using (var stream = await document.OpenAsync(cancellationToken))
            await stream.CopyToAsync(content, cancellationToken);
        var root = SafeXml.Parse(content.ToArray());
        var requests = root?.DescendantsAndSelf().Where(e => e.Name.LocalName == "Request").ToList() ?? [];
        return requests.Count > 0
            ? requests
            : throw AdapterException.Rejected(
                root is null ? "The file is neither CSV nor XML, or its XML is invalid." : "The file contains no Request element.",
                root is null ? "an HTML page, or truncated XML" : $"the root element is {root.Name.LocalName}");
    }

    private static DocumentEntry? Entry(XElement history, string number, int row, SymologyMapping mapping, LocalTime local, DateTimeOffset received)
    {
        if (SymologyClient.Number(number) is not { } id)
            return new DocumentEntry { Row = row, Problem = "OutCRNo is empty" };
        if (history.TextOrNull("LineNo") is not { } line)
            return new DocumentEntry { Row = row, Problem = "LineNo is empty" };
        // A file contains one request, so an event with an invalid date is news under the time of receipt.
        var isDated = DateTime.TryParseExact(
            $"{history.Text("HistoryDate")} {history.Text("HistoryTime")}", "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None,
            out var happened);

        // The history also contains internal events: an event for which no rule holds is not published.
        var decided = mapping.EventStatuses.First(name => history.Child(name) is { } field ? field.LeafText() : null);
        if (decided is null || !decided.TryGetValue("status", out var status) || status == "IGNORE")
            return null;

        return new DocumentEntry
        {
            Row = row,
            Problem = isDated
                ? null
                : "HistoryDate or HistoryTime is invalid (expected yyyy-MM-dd and HH:mm), so the time of receipt is used",
            Update = new CouncilUpdate
            {
                UpdateId = $"{number}_{line}",
                BackEndId = id,
                Status = status,
                ExternalStatusCode = decided.GetValueOrDefault("externalStatusCode") is { Length: > 0 } code ? code : null,
                Description = decided.GetValueOrDefault("description", ""),
                OccurredAt = isDated ? local.ToUtc(happened, received) : received,
            },
        };
    }
}

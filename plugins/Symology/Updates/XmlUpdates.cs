using System.Globalization;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Times;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Updates;

/// <summary>The XML files that some councils' Symology writes: a request with its history.</summary>
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
        // They hold one request each; a tree of the largest document would be a gigabyte.
        if (document.Length > MaxLength)
            throw AdapterException.Rejected($"An XML file may be {MaxLength >> 10} KB long.");
        using var content = new MemoryStream();
        await using (var stream = await document.OpenAsync(cancellationToken))
            await stream.CopyToAsync(content, cancellationToken);
        var root = SafeXml.Parse(content.ToArray());
        var requests = root?.DescendantsAndSelf().Where(e => e.Name.LocalName == "Request").ToList() ?? [];
        return requests.Count > 0
            ? requests
            : throw AdapterException.Rejected(
                root is null ? "The file is neither CSV nor XML that can be read." : "The file holds no Request.",
                root is null ? "an HTML page, or XML that is cut off" : $"its root: {root.Name.LocalName}");
    }

    private static DocumentEntry? Entry(XElement history, string number, int row, SymologyMapping mapping, LocalTime local, DateTimeOffset received)
    {
        if (SymologyClient.Number(number) is not { } id)
            return new DocumentEntry { Row = row, Problem = "OutCRNo is empty" };
        if (history.TextOrNull("LineNo") is not { } line)
            return new DocumentEntry { Row = row, Problem = "LineNo is empty" };
        if (!DateTime.TryParseExact(
            $"{history.Text("HistoryDate")} {history.Text("HistoryTime")}", "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None,
            out var happened))
            return new DocumentEntry { Row = row, Problem = "HistoryDate and HistoryTime are not like 2026-03-01 and 09:30" };

        // Events are of all sorts; those that no rule names are not for the public.
        var decided = mapping.EventStatuses.First(name => history.Child(name) is { } field ? field.Value.Trim() : null);
        if (decided is null || !decided.TryGetValue("status", out var status) || status == "IGNORE")
            return null;

        return new DocumentEntry
        {
            Row = row,
            Update = new CouncilUpdate
            {
                UpdateId = $"{number}_{line}",
                BackEndId = id,
                Status = status,
                ExternalStatusCode = decided.GetValueOrDefault("externalStatusCode") is { Length: > 0 } code ? code : null,
                Description = decided.GetValueOrDefault("description", ""),
                OccurredAt = local.ToUtc(happened, received),
            },
        };
    }
}

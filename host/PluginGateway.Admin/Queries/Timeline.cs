using System.Globalization;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Admin.Queries;

/// <summary>One entry of a report's timeline.</summary>
internal sealed record TimelineEntry
{
    public required long At { get; init; }

    public required string Title { get; init; }

    /// <summary>One line of text.</summary>
    public string Text { get; init; } = "";

    /// <summary>Details that the reader can expand.</summary>
    public string More { get; init; } = "";

    public Standing Standing { get; init; } = Standing.Ok;

    public IReadOnlyList<Attachment> Files { get; init; } = [];
}

/// <summary>Converts a report's history to a timeline.</summary>
internal static class Timeline
{
    /// <summary>The maximum length of a back end's response; the command <c>queue show</c> prints all of it.</summary>
    private const int MaxDetailLength = 1_200;

    /// <summary>An answer that could not be read may contain the number of the case, so more of it is shown.</summary>
    private const int MaxUnclearDetailLength = 4_000;

    private const int MaxTextLength = 500;
    private const int MaxMoreLength = 2_500;

    /// <summary>Returns the entries of a history, oldest first.</summary>
    /// <param name="history">The history.</param>
    /// <param name="people">Whether the reader may see personal data.</param>
    public static IReadOnlyList<TimelineEntry> Of(ReportHistory history, bool people) =>
    [
        .. Contents(history, people)
            .Concat(history.Deliveries.SelectMany(d => Attempts(history, d)))
            .Concat(history.ClientUpdates.Select(u => Published(u.At, u.Update, people)))
            .Concat(history.Updates.Select(n => Received(n.At, n.From, n.Update)))
            .Concat(history.AuditEntries.Select(
                t => new TimelineEntry
                {
                    At = t.At,
                    Title = $"{t.Action} by {t.Who}",
                    Text = string.Join("; ", new[] { Change(t), t.Why }.Where(p => p.Length > 0)),
                }))
            .Select(e => e with { Text = Truncate.ToLength(MaxTextLength, e.Text), More = Truncate.ToLength(MaxMoreLength, e.More) })
            .OrderBy(e => e.At),
    ];

    private static IEnumerable<TimelineEntry> Contents(ReportHistory history, bool people)
    {
        foreach (var content in history.Contents)
        {
            var title = $"{(content.Revision == 1 ? "received" : $"revision {content.Revision}")} from {content.ByWhom}";
            if (content.Request is not { } request)
            {
                yield return new TimelineEntry { At = content.Received, Title = title, Text = $"as {content.OwnId}. The content has been deleted." };
                continue;
            }

            yield return new TimelineEntry
            {
                At = content.Received,
                Title = title,
                Text = $"as {content.OwnId}, by {content.Source}",
                More = string.Join('\n', Lines(request, people)),
                Files = request.Attachments,
            };
            if (request.Plan is { } plan)
                yield return new TimelineEntry
                {
                    At = content.Received,
                    Title = "plan",
                    Text = plan.Facts.Count == 0
                        ? "no facts"
                        : string.Join(", ", plan.Facts.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={f.Value}")),
                    More = string.Join(
                        '\n', plan.Trace.Select(
                            s => $"{(s.Output.Length > 0 ? "+" : "-")} {s.Rule}: "
                                + $"{(s.Inputs.Length > 0 ? s.Inputs : "always")}{(s.Output.Length > 0 ? $" -> {s.Output}" : "")}")),
                };
            if (content.Notice is { Length: > 0 } notice)
                yield return new TimelineEntry { At = content.Received, Title = "notice for the client", Text = notice };
        }
    }

    private static IEnumerable<string> Lines(ServiceRequest request, bool people)
    {
        yield return $"service: {request.Service.Code}, {request.Service.Name}";
        if (request.Reference is { } reference)
            yield return $"client's reference: {reference}";
        var place = request.Location;
        if (place is { Latitude: { } lat, Longitude: { } lon })
            yield return string.Create(CultureInfo.InvariantCulture, $"location: {lat:0.#####}, {lon:0.#####}");
        if (place.Address is { Length: > 0 } address)
            yield return $"address: {address}";
        yield return $"description: {request.Description}";
        foreach (var answer in request.Answers)
            yield return $"{answer.Code}: {string.Join(", ", answer.Values)}";
        foreach (var media in request.MediaUrls)
            yield return $"photo: {media}";
        foreach (var line in Person(request.Reporter, people))
            yield return line;
    }

    private static IEnumerable<string> Person(Reporter person, bool people)
    {
        var parts = new[] { ("name", string.Join(' ', new[] { person.FirstName, person.LastName }.Where(n => !string.IsNullOrEmpty(n)))),
            ("e-mail", person.Email), ("telephone", person.Phone) }
            .Where(p => !string.IsNullOrEmpty(p.Item2)).ToList();
        if (parts.Count > 0 && !people)
            return ["reporter: visible to operators only"];
        return parts.Select(p => $"{p.Item1}: {p.Item2}");
    }

    private static IEnumerable<TimelineEntry> Attempts(ReportHistory history, HistoryDelivery delivery)
    {
        foreach (var attempt in history.Attempts.Where(a => a.DeliveryId == delivery.Id))
        {
            var took = attempt.Ended == 0 ? "" : $", took {DurationText.Text(TimeSpan.FromMilliseconds(attempt.Ended - attempt.Started))}";
            var by = attempt.Generation > 0 ? $", generation {attempt.Generation}" : "";
            yield return new TimelineEntry
            {
                At = attempt.Started,
                Title = $"{delivery.TitleOf(attempt.Revision ?? delivery.Revision)} to {attempt.BackEnd ?? delivery.BackEnd}, attempt {attempt.Number}",
                Text = $"{LaneIssues.Word(attempt.Outcome)}{(attempt.Cause.Length > 0 ? $": {attempt.Cause}" : "")} "
                    + $"({(attempt.Committing > 0 ? "creating call made" : "no creating call made")}{took}{by})",
                More = Truncate.ToLength(attempt.Outcome == AttemptOutcome.Unknown ? MaxUnclearDetailLength : MaxDetailLength, attempt.Detail),
                Standing = attempt.Outcome switch
                {
                    AttemptOutcome.Accepted => Standing.Ok,
                    AttemptOutcome.Running or AttemptOutcome.NotYet or AttemptOutcome.Absent => Standing.Warning,
                    _ => Standing.Error,
                },
            };
        }
    }

    private static TimelineEntry Published(long at, ClientUpdate? update, bool people) => new()
    {
        At = at,
        Title = "update from the client",
        Text = update is null ? "The content has been deleted." : update.Status,
        More = update is null ? "" : string.Join('\n', Person(update.Author, people).Prepend(update.Description)),
        Files = update?.Attachments ?? [],
    };

    private static TimelineEntry Received(long at, string from, CouncilUpdate? update) => new()
    {
        At = at,
        Title = $"update from {from}",
        Text = update is null
            ? "The content has been deleted."
            : string.Join(", ", new[] { update.Status, update.CustomerReference, update.ExternalStatusCode }.Where(t => !string.IsNullOrEmpty(t))),
        More = update?.Description ?? "",
    };

    private static string Change(AuditRow row) => row.OldValue.Length == 0 ? row.NewValue : $"{row.OldValue} → {row.NewValue}";
}

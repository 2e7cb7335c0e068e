using System.Globalization;
using PluginGateway.Contracts;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

/// <summary>Builds the values for report templates: strings, flags and lists of these, but no objects with behaviour. Missing values are null.</summary>
internal static class ReportMailModel
{
    /// <summary>Lower than the loop limit of templates; the last line contains the rest of the text.</summary>
    private const int MaxLines = 500;

    private static readonly CultureInfo British = CultureInfo.GetCultureInfo("en-GB");

    /// <summary>The names that templates of reports can use, with a complete and a minimal sample report for validation.</summary>
    public static TemplateVocabulary Vocabulary { get; } = new()
    {
        Names = [.. For(ReportMailSamples.Full).Keys],
        Members = ["label", "value", "code", "name", "size", "source"],
        Samples = [For(ReportMailSamples.Full), For(ReportMailSamples.Bare)],
    };

    public static Dictionary<string, object?> For(MailedReport report)
    {
        var request = report.Request;
        var (lat, lon) = (request.Location.Latitude, request.Location.Longitude);
        var received = TimeZoneInfo.ConvertTime(request.ReceivedAt, report.TimeZone);
        return new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["id"] = request.Id,
            ["reference"] = Given(request.Reference),
            ["council"] = report.CouncilName,
            ["service"] = request.Service.Name,
            ["service_code"] = request.Service.Code,
            ["groups"] = Given(string.Join(", ", request.Service.Groups)),
            ["description"] = request.Description,
            ["description_lines"] = request.Description.ReplaceLineEndings("\n").Split('\n', MaxLines),
            ["received"] = received.ToString("d MMMM yyyy, HH:mm", British),
            ["revision"] = request.Revision,
            ["is_update"] = request.EarlierIds.Count > 0,
            ["earlier_ids"] = Given(string.Join(", ", request.EarlierIds)),
            ["latitude"] = lat?.ToString("0.######", CultureInfo.InvariantCulture),
            ["longitude"] = lon?.ToString("0.######", CultureInfo.InvariantCulture),
            ["map_url"] = MapUrl(lat, lon),
            ["address"] = Given(request.Location.Address),
            ["address_id"] = Given(request.Location.AddressId),
            ["name"] = Given($"{request.Reporter.FirstName} {request.Reporter.LastName}"),
            ["email"] = Given(request.Reporter.Email),
            ["phone"] = Given(request.Reporter.Phone),
            ["reply_to"] = report.ReplyTo,
            ["answers"] = Answers(request),
            ["photos"] = report.Photos.Select(p => File(p.File, ("source", $"cid:{p.ContentId}"))).ToList(),
            ["attachments"] = report.Files.Select(f => File(f)).ToList(),
            ["omitted"] = report.Omitted.Select(f => File(f)).ToList(),
            ["links"] = request.MediaUrls.Where(u => u.Scheme is "https" or "http").Select(u => u.AbsoluteUri).ToList(),
        };
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string? MapUrl(double? lat, double? lon) => lat is null || lon is null
        ? null
        : string.Create(
            CultureInfo.InvariantCulture, $"https://www.openstreetmap.org/?mlat={lat:0.######}&mlon={lon:0.######}#map=18/{lat:0.######}/{lon:0.######}");

    /// <summary>Returns the answers as people read them: with the text of the question and the names of the selected values.</summary>
    private static List<Dictionary<string, object?>> Answers(ServiceRequest request)
    {
        var questions = request.Service.Attributes.ToDictionary(a => a.Code, StringComparer.Ordinal);
        return
        [
            .. request.Answers
                // The reference is shown separately.
                .Where(a => a.Values.Any(v => v.Length > 0) && a.Code != Catalogues.PublishedServicesBuilder.ReferenceCode)
                .Select(a => (Answer: a, Question: questions.GetValueOrDefault(a.Code)))
                .Select(p => new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    ["code"] = p.Answer.Code,
                    ["label"] = p.Question is { Description.Length: > 0 } q ? q.Description : p.Answer.Code,
                    ["value"] = string.Join(", ", p.Answer.Values.Select(v => p.Question?.Values.FirstOrDefault(o => o.Key == v)?.Name ?? v)),
                }),
        ];
    }

    private static Dictionary<string, object?> File(Attachment file, params (string Name, string Value)[] more)
    {
        var shown = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["name"] = file.FileName,
            ["size"] = file.Length < 1 << 20
                ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, file.Length >> 10)} KB")
                : string.Create(CultureInfo.InvariantCulture, $"{file.Length / (double)(1 << 20):0.#} MB"),
        };
        foreach (var (name, value) in more)
            shown[name] = value;
        return shown;
    }
}

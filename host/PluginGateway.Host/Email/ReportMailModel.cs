using System.Globalization;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Email;

/// <summary>What a template of a report can show: texts, flags and lists of them, nothing with behaviour.</summary>
internal static class ReportMailModel
{
    private static readonly CultureInfo Words = CultureInfo.GetCultureInfo("en-GB");

    /// <summary>What there is to show.</summary>
    public static IReadOnlyCollection<string> Names { get; } =
    [
        "id", "reference", "council", "service", "serviceCode", "groups", "description", "received", "revision", "isUpdate", "earlierIds", "hasPoint", "latitude", "longitude", "mapUrl", "address", "addressId",
        "name", "email", "phone", "answers", "hasMedia", "media", "hasAttachments", "attachments", "hasOmitted", "omitted",
    ];

    public static Dictionary<string, object?> For(
        ServiceRequest request, AdapterContext context, IReadOnlyList<Attachment> attached, IReadOnlyList<Attachment> omitted)
    {
        var (lat, lon) = (request.Location.Latitude, request.Location.Longitude);
        var received = TimeZoneInfo.ConvertTime(request.Received, context.TimeZone);
        return new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["id"] = request.Id,
            ["reference"] = request.Reference,
            ["council"] = context.CouncilName,
            ["service"] = request.Service.Name,
            ["serviceCode"] = request.Service.Code,
            ["groups"] = string.Join(", ", request.Service.Groups),
            ["description"] = request.Description,
            ["received"] = received.ToString("d MMMM yyyy, HH:mm", Words),
            ["revision"] = request.Revision,
            ["isUpdate"] = request.EarlierIds.Count > 0,
            ["earlierIds"] = string.Join(", ", request.EarlierIds),
            ["hasPoint"] = lat is not null && lon is not null,
            ["latitude"] = lat?.ToString("0.######", CultureInfo.InvariantCulture),
            ["longitude"] = lon?.ToString("0.######", CultureInfo.InvariantCulture),
            ["mapUrl"] = MapUrl(lat, lon),
            ["address"] = request.Location.Address,
            ["addressId"] = request.Location.AddressId,
            ["name"] = $"{request.Reporter.FirstName} {request.Reporter.LastName}".Trim(),
            ["email"] = request.Reporter.Email,
            ["phone"] = request.Reporter.Phone,
            ["answers"] = Answers(request),
            ["hasMedia"] = request.MediaUrls.Count > 0,
            ["media"] = request.MediaUrls.Select(u => u.AbsoluteUri).ToList(),
            ["hasAttachments"] = attached.Count > 0,
            ["attachments"] = attached.Select(Describe).ToList(),
            ["hasOmitted"] = omitted.Count > 0,
            ["omitted"] = omitted.Select(Describe).ToList(),
        };
    }

    private static string? MapUrl(double? lat, double? lon) => lat is null || lon is null
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"https://www.openstreetmap.org/?mlat={lat:0.######}&mlon={lon:0.######}#map=18/{lat:0.######}/{lon:0.######}");

    /// <summary>Every answer with the words people know: the question's text, and the name of a chosen value.</summary>
    private static List<Dictionary<string, object?>> Answers(ServiceRequest request)
    {
        var questions = request.Service.Attributes.ToDictionary(a => a.Code, StringComparer.Ordinal);
        return
        [
            .. request.Answers
                // The reference has a line of its own.
                .Where(a => a.Values.Any(v => v.Length > 0) && a.Code != Councils.PublishedServicesBuilder.ReferenceCode)
                .Select(a => (Answer: a, Question: questions.GetValueOrDefault(a.Code)))
                .Select(p => new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    ["label"] = p.Question is { Description.Length: > 0 } q ? q.Description : p.Answer.Code,
                    ["value"] = string.Join(", ", p.Answer.Values.Select(v => p.Question?.Values.FirstOrDefault(o => o.Key == v)?.Name ?? v)),
                }),
        ];
    }

    private static string Describe(Attachment attachment) =>
        string.Create(CultureInfo.InvariantCulture, $"{attachment.FileName} ({Math.Max(1, attachment.Length / 1024)} KB)");
}

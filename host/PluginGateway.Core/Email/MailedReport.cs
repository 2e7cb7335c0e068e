using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>A report as presented in its e-mail: its files are sorted into inline photos, attachments, and files that are too large.</summary>
internal sealed record MailedReport
{
    /// <summary>The image types that e-mail programs can display inline.</summary>
    private static readonly string[] InlineTypes = ["image/jpeg", "image/png", "image/gif"];

    public required ServiceRequest Request { get; init; }

    public required string CouncilName { get; init; }

    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The address that replies go to; null if replies cannot reach the reporter.</summary>
    public string? ReplyTo { get; init; }

    public IReadOnlyList<(Attachment File, string ContentId)> Photos { get; init; } = [];

    public IReadOnlyList<Attachment> Files { get; init; } = [];

    public IReadOnlyList<Attachment> Omitted { get; init; } = [];

    /// <summary>Creates the presentation of a report. Files are included up to a total size, and the others are only listed.</summary>
    public static MailedReport Of(ServiceRequest request, string councilName, TimeZoneInfo zone, string? replyTo, long maxAttachmentBytes)
    {
        var (photos, files, omitted, left) = (new List<(Attachment, string)>(), new List<Attachment>(), new List<Attachment>(), maxAttachmentBytes);
        foreach (var file in request.Attachments)
        {
            if (file.Length > left)
            {
                omitted.Add(file);
                continue;
            }

            left -= file.Length;
            if (InlineTypes.Contains(file.ContentType, StringComparer.OrdinalIgnoreCase))
                photos.Add((file, $"photo{photos.Count + 1}.{request.Id}@gateway"));
            else
                files.Add(file);
        }

        return new MailedReport
        {
            Request = request,
            CouncilName = councilName,
            TimeZone = zone,
            ReplyTo = replyTo,
            Photos = photos,
            Files = files,
            Omitted = omitted,
        };
    }
}

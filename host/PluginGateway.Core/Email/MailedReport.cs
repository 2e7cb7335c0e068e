using PluginGateway.Contracts;

namespace PluginGateway.Core.Email;

/// <summary>A report as its mail shows it: which of its files are shown as photos, attached, or too large for either.</summary>
internal sealed record MailedReport
{
    /// <summary>What mail programs show inside a mail.</summary>
    private static readonly string[] Shown = ["image/jpeg", "image/png", "image/gif"];

    public required ServiceRequest Request { get; init; }

    public required string CouncilName { get; init; }

    public required TimeZoneInfo TimeZone { get; init; }

    /// <summary>The address that a reply goes to; null when a reply does not reach the person who reported it.</summary>
    public string? ReplyTo { get; init; }

    public IReadOnlyList<(Attachment File, string ContentId)> Photos { get; init; } = [];

    public IReadOnlyList<Attachment> Files { get; init; } = [];

    public IReadOnlyList<Attachment> Omitted { get; init; } = [];

    /// <summary>Sorts the files of a report: its mail holds files up to a total size, and names the rest.</summary>
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
            if (Shown.Contains(file.ContentType, StringComparer.OrdinalIgnoreCase))
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

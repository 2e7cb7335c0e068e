using Microsoft.Extensions.Options;
using MimeKit;
using MimeKit.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Email;

/// <summary>Creates the e-mail of a report: subject, text and HTML from templates, inline photos, attachments, and replies to the reporter.</summary>
internal sealed class ReportMail(MailTemplates templates, IOptions<EmailOptions> options)
{
    public async Task<MimeMessage> ComposeAsync(
        ServiceRequest request, AdapterContext context, string to, string? folder, string deliveryKey, CancellationToken ct)
    {
        await templates.RefreshAsync(ct);
        return await ComposeAsync(request, context, to, (part, values, token) => templates.RenderAsync(folder, part, values, token), deliveryKey, ct);
    }

    /// <summary>Creates the e-mail with a custom function that renders its parts.</summary>
    public async Task<MimeMessage> ComposeAsync(
        ServiceRequest request, AdapterContext context, string to, RenderPart render, string deliveryKey, CancellationToken ct)
    {
        var replyTo = ReplyTo(request.Reporter);
        var report = Mailed(request, context, replyTo?.Address);
        var values = ReportMailModel.For(report);
        var from = MailboxAddress.Parse(options.Value.From);
        var message = new MimeMessage { Subject = HeaderText.Clean(await render(MailTemplates.Subject, values, ct)) };
        message.From.Add(from);
        message.To.AddRange(MailAddresses.Split(to).Select(MailboxAddress.Parse));
        if (replyTo is not null)
            message.ReplyTo.Add(replyTo);

        // The same in every attempt of this delivery, so that mailboxes can recognise a repeat.
        message.Headers.Replace("Message-ID", $"<{deliveryKey}@{from.Domain}>");
        message.Date = context.Time.GetUtcNow();
        message.Headers.Add("X-Report-Id", request.Id);
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        var text = TextOf(await render(MailTemplates.Text, values, ct), TextFormat.Plain);
        var html = TextOf(await render(MailTemplates.Html, values, ct), TextFormat.Html);
        message.Body = await BodyAsync(report, context, text, html, ct);
        return message;
    }

    /// <summary>Returns a report as its e-mail would present it.</summary>
    public MailedReport Mailed(ServiceRequest request, AdapterContext context) => Mailed(request, context, ReplyTo(request.Reporter)?.Address);

    /// <summary>Creates a text part. It is quoted-printable, which is readable in the raw e-mail.</summary>
    public static TextPart TextOf(string text, TextFormat format)
    {
        var part = new TextPart(format) { ContentTransferEncoding = ContentEncoding.QuotedPrintable };
        part.SetText(System.Text.Encoding.UTF8, text.ReplaceLineEndings("\r\n"));
        return part;
    }

    private MailedReport Mailed(ServiceRequest request, AdapterContext context, string? replyTo) =>
        MailedReport.Of(request, context.CouncilName, context.TimeZone, replyTo, options.Value.MaxAttachmentBytes);

    /// <summary>Creates the body: the text, the HTML with its photos as an alternative, and the attachments.</summary>
    private static async Task<MimeEntity> BodyAsync(MailedReport report, AdapterContext context, TextPart text, TextPart html, CancellationToken ct)
    {
        MimeEntity shown = html;
        if (report.Photos.Count > 0)
        {
            var related = new MultipartRelated { Root = html };
            foreach (var (file, contentId) in report.Photos)
            {
                var photo = await PartAsync(file, context, ContentDisposition.Inline, ct);
                photo.ContentId = contentId;
                related.Add(photo);
            }

            shown = related;
        }

        var alternative = new MultipartAlternative { text, shown };
        if (report.Files.Count == 0)
            return alternative;

        var mixed = new Multipart("mixed") { alternative };
        foreach (var file in report.Files)
            mixed.Add(await PartAsync(file, context, ContentDisposition.Attachment, ct));
        return mixed;
    }

    private static async Task<MimePart> PartAsync(Attachment file, AdapterContext context, string disposition, CancellationToken ct)
    {
        var type = ContentType.TryParse(file.ContentType, out var known) ? known : new ContentType("application", "octet-stream");
        return new MimePart(type)
        {
            Content = new MimeContent(await context.Attachments.OpenAsync(file, ct)),
            ContentDisposition = new ContentDisposition(disposition),
            ContentTransferEncoding = ContentEncoding.Base64,
            FileName = FileTypes.Truncate(HeaderText.Clean(file.FileName)),
        };
    }

    /// <summary>Returns the address of the reporter for replies; null if there is no valid address.</summary>
    private static MailboxAddress? ReplyTo(Reporter reporter)
    {
        if (reporter.Email?.Trim() is not { Length: > 0 } email || email.Contains('<', StringComparison.Ordinal)
            || MailAddresses.FindAddressProblem(email) is not null)
            return null;

        var name = HeaderText.Clean($"{reporter.FirstName} {reporter.LastName}".Trim(), 100).Replace("\"", "", StringComparison.Ordinal);
        return new MailboxAddress(name, email);
    }
}

/// <summary>Renders one part of an e-mail.</summary>
/// <param name="part">The part.</param>
/// <param name="values">The values for the template.</param>
/// <param name="ct">Cancels the call.</param>
internal delegate Task<string> RenderPart(string part, IReadOnlyDictionary<string, object?> values, CancellationToken ct);

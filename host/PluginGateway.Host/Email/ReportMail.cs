using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;

namespace PluginGateway.Host.Email;

/// <summary>Makes the mail of a report: subject, text and HTML from templates, uploaded files attached, replies to the reporter.</summary>
internal sealed class ReportMail(Templates templates, IOptions<EmailOptions> options)
{
    public async Task<MailMessage> ComposeAsync(
        ServiceRequest request, AdapterContext context, string to, string? folder, string deliveryKey, CancellationToken ct)
    {
        await templates.RefreshAsync(ct);
        return await ComposeAsync(request, context, to, (part, model) => templates.Render(folder, part, model), deliveryKey, ct);
    }

    /// <summary>With parts that are rendered by somebody else.</summary>
    public async Task<MailMessage> ComposeAsync(
        ServiceRequest request, AdapterContext context, string to, Func<string, IReadOnlyDictionary<string, object?>, string> render, string deliveryKey, CancellationToken ct)
    {
        var (attached, omitted) = Choose(request.Attachments);
        var model = ReportMailModel.For(request, context, attached, omitted);
        var from = new MailAddress(options.Value.From);
        var message = new MailMessage { From = from, Subject = HeaderText.Clean(render("report.subject.hbs", model)), SubjectEncoding = Encoding.UTF8 };
        foreach (var address in to.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            message.To.Add(new MailAddress(address));
        if (ReplyTo(request.Reporter) is { } reply)
            message.ReplyToList.Add(reply);

        // The same at every try of this delivery, so that a mailbox recognises a repeat.
        message.Headers.Add("Message-ID", $"<{deliveryKey}@{from.Host}>");
        message.Headers.Add("X-Report-Id", request.Id);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.AlternateViews.Add(View(render("report.text.hbs", model), MediaTypeNames.Text.Plain));
        message.AlternateViews.Add(View(render("report.html.hbs", model), MediaTypeNames.Text.Html));
        foreach (var attachment in attached)
        {
            var content = await context.OpenAttachmentAsync(attachment, ct);
            message.Attachments.Add(new System.Net.Mail.Attachment(content, SafeType(attachment.ContentType)) { Name = HeaderText.Clean(attachment.FileName, 100) });
        }

        return message;
    }

    /// <summary>Quoted-printable: readable in the raw mail too, where the framework alone would write base 64.</summary>
    private static AlternateView View(string text, string type)
    {
        var view = AlternateView.CreateAlternateViewFromString(text.ReplaceLineEndings("\r\n"), Encoding.UTF8, type);
        view.TransferEncoding = TransferEncoding.QuotedPrintable;
        return view;
    }

    private static MailAddress? ReplyTo(Reporter reporter)
    {
        var email = reporter.Email?.Trim();
        var isPlain = !string.IsNullOrEmpty(email) && email.All(c => c is > ' ' and < '\x7f') && !email.AsSpan().ContainsAny("<>,;\"");
        var name = HeaderText.Clean($"{reporter.FirstName} {reporter.LastName}".Trim(), 100).Replace("\"", "", StringComparison.Ordinal);
        return isPlain && MailAddress.TryCreate(email!, name, Encoding.UTF8, out var address) ? address : null;
    }

    private (List<Contracts.Attachment> Attached, List<Contracts.Attachment> Omitted) Choose(IReadOnlyList<Contracts.Attachment> all)
    {
        var (attached, omitted, left) = (new List<Contracts.Attachment>(), new List<Contracts.Attachment>(), options.Value.MaxAttachmentBytes);
        foreach (var attachment in all)
        {
            var fits = attachment.Length <= left;
            (fits ? attached : omitted).Add(attachment);
            left -= fits ? attachment.Length : 0;
        }

        return (attached, omitted);
    }

    private static ContentType SafeType(string type)
    {
        try
        {
            return new ContentType(type);
        }
        catch (FormatException)
        {
            return new ContentType(MediaTypeNames.Application.Octet);
        }
    }
}

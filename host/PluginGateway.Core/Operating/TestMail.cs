using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Operating;

/// <summary>Sends test e-mails, which show how templates appear in a mailbox.</summary>
internal sealed class TestMail(
    TemplatePreview preview, TemplateRenderer renderer, ReportMail mail, IMailTransport transport, IOptions<EmailOptions> options, IDatabase database)
{
    /// <summary>Sends the e-mail of a report to a test recipient. Uses the drafts of templates where they exist.</summary>
    public async Task<ActionOutcome> SendAsync(PreviewedReport report, string? folder, string to, string who, CancellationToken ct)
    {
        if (MailAddresses.FindAddressProblem(to) is not null)
            return ActionOutcome.No("Enter exactly one e-mail address.");
        try
        {
            // Replies to a test e-mail must not reach the person who sent the report.
            var request = report.Request with { Reporter = new Reporter { FirstName = "A", LastName = "Test" }, Attachments = [] };
            var key = $"test-{Guid.NewGuid():N}";
            var parts = new Dictionary<string, CompiledTemplate>(StringComparer.Ordinal);
            foreach (var part in MailTemplates.Parts)
                parts[part] = await preview.CompileAsync(part, await preview.TextAsync(folder, part, ct), ct);
            using var message = await mail.ComposeAsync(
                request, report.Context, to, (part, values, token) => renderer.RenderAsync(parts[part], values, token), key, ct);
            message.Subject = $"Test by {who}: {message.Subject}";
            var receipt = await transport.SendAsync(message, [.. message.To.Mailboxes], key, ct);
            if (!receipt.IsAcceptedByAll)
                return ActionOutcome.No($"The mail server refused the test e-mail: {receipt.Recipients[0].Reply}");

            await database.WriteAsync(
                async db =>
                {
                    await Audit.AddAsync(db, report.Context.Time.NowMs(), who, "template-test", report.Context.Council, report.Name, "", $"sent to {to}", "");
                    return true;
                },
                ct);
            return ActionOutcome.Yes($"The test e-mail was sent to {to} ({receipt.Text}).");
        }
        catch (Exception e) when (e is AdapterException or TemplateException or FormatException or IOException or InvalidOperationException)
        {
            return ActionOutcome.No($"Sending the test e-mail from {options.Value.From} failed: {e.Message}");
        }
    }
}

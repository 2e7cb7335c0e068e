using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Operating;

/// <summary>Mails a report to somebody who wants to see its templates in a mailbox.</summary>
internal sealed class TestMail(
    TemplatePreview preview, TemplateRenderer renderer, ReportMail mail, IMailTransport transport, IOptions<EmailOptions> options, IDatabase database)
{
    /// <summary>Sends the mail of a report, with what is a draft as the draft has it, to somebody who wants to see it in a mailbox.</summary>
    public async Task<ActionOutcome> SendAsync(PreviewedReport report, string? folder, string to, string who, CancellationToken ct)
    {
        if (MailAddresses.FindProblemOfOne(to) is not null)
            return ActionOutcome.No("Give one e-mail address.");
        try
        {
            // Replies to a test are for nobody: least of all for the person who reported.
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
                return ActionOutcome.No($"No test was sent: {receipt.Recipients[0].Reply}");

            await database.WriteAsync(
                async db =>
                {
                    await Audit.AddAsync(db, report.Context.Time.NowMs(), who, "template-test", report.Context.Council, report.Name, "", $"sent to {to}", "");
                    return true;
                },
                ct);
            return ActionOutcome.Yes($"A test was sent to {to}. {receipt.Text}");
        }
        catch (Exception e) when (e is AdapterException or TemplateException or FormatException or IOException or InvalidOperationException)
        {
            return ActionOutcome.No($"No test was sent from {options.Value.From}: {e.Message}");
        }
    }
}

using System.Net.Mail;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Sending.Operating;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Email;

/// <summary>Shows what a template makes of a report that came, before it is used.</summary>
internal sealed class TemplatePreview(
    ITemplateEngine engine, AdapterContexts contexts, CouncilDirectory councils, DeliveryStore deliveries, TemplateFiles files, TemplateStore store, ReportMail mail, IMailTransport transport, IOptions<EmailOptions> options, IDatabase database)
{
    /// <summary>The values of a report; of the latest one without <paramref name="id"/>.</summary>
    /// <returns>Null when there is none that is still kept.</returns>
    public async Task<PreviewedReport?> FindAsync(string? id, CancellationToken ct)
    {
        var target = await database.ReadAsync(
            async db => id is { Length: > 0 } given
                ? (await Target.FindAsync(db, given)).Found
                : await db.ScalarAsync<long?>($"SELECT id FROM report ORDER BY id DESC {db.Dialect.Page("0", "1")}") is { } latest ? await Target.OfDeliveryAsync(db, latest) : null,
            ct);
        if (target is null || target.ReportId == 0 || councils.Current.FindBackEnd(target.Council, target.Owner) is not { } owner
            || await deliveries.ContentAsync(target.ReportId, target.Revision, ct) is not { } content)
            return null;

        // An address of the mailbox it would go to is no part of a template.
        return new PreviewedReport(target.Name, content.Request, contexts.For(owner, CancellationToken.None));
    }

    /// <summary>
    /// The text of a part as a draft has it, or as it is used: what somebody wrote for the folder, else the folder's file, else what somebody wrote in place of
    /// the default, else the default's file. As <see cref="Templates.Render"/> chooses.
    /// </summary>
    public async Task<string> TextAsync(string? folder, string part, CancellationToken ct)
    {
        var own = await store.FindAsync(Templates.NameOf(folder, part), ct);
        if (StoredTemplate.Text(own?.Draft ?? own?.Content) is { } written)
            return written;
        var shared = string.IsNullOrEmpty(folder) || files.Has(folder, part) ? null : await store.FindAsync(part, ct);
        return StoredTemplate.Text(shared?.Content) ?? await files.ReadAsync(folder, part, ct);
    }

    /// <summary>Every mistake of a template; those that only show with a report too.</summary>
    public IReadOnlyList<TemplateMistake> Check(string name, string text, PreviewedReport? report)
    {
        var mistakes = TemplateCheck.Run(text, ReportMailModel.Names);
        if (mistakes.Count > 0)
            return mistakes;
        try
        {
            var template = engine.Compile(text, Templates.IsHtml(name));
            if (report is not null)
                template(Model(report));
            return [];
        }
        catch (FormatException e)
        {
            return [new TemplateMistake(1, 1, e.Message)];
        }
    }

    /// <exception cref="FormatException">The template is wrong.</exception>
    public string Render(string name, string text, PreviewedReport report) => engine.Compile(text, Templates.IsHtml(name))(Model(report));

    /// <summary>Sends the mail of a report, with what is a draft as the draft has it, to somebody who wants to see it in a mailbox.</summary>
    public async Task<ActionOutcome> SendTestAsync(PreviewedReport report, string? folder, string to, string who, CancellationToken ct)
    {
        if (!MailAddress.TryCreate(to, out _) || to.Contains(',', StringComparison.Ordinal))
            return ActionOutcome.No("Give one e-mail address.");
        try
        {
            // Replies to a test are for nobody: least of all for the person who reported.
            var request = report.Request with { Reporter = new Reporter { FirstName = "A", LastName = "Test" }, Attachments = [] };
            var key = $"test-{Guid.NewGuid():N}";
            var parts = new Dictionary<string, Func<IReadOnlyDictionary<string, object?>, string>>(StringComparer.Ordinal);
            foreach (var part in Templates.Parts)
                parts[part] = engine.Compile(await TextAsync(folder, part, ct), Templates.IsHtml(part));
            using var message = await mail.ComposeAsync(request, report.Context, to, (part, model) => parts[part](model), key, ct);
            message.Subject = $"Test by {who}: {message.Subject}";
            var result = await transport.SendAsync(message, key, ct);
            await database.WriteAsync(
                async db =>
                {
                    await Audit.AddAsync(db, report.Context.Time.NowMs(), who, "template-test", report.Context.Council, report.Name, "", $"sent to {to}", "");
                    return true;
                },
                ct);
            return ActionOutcome.Yes($"A test was sent to {to}. {result}");
        }
        catch (Exception e) when (e is AdapterException or FormatException or IOException or InvalidOperationException)
        {
            return ActionOutcome.No($"No test was sent from {options.Value.From}: {e.Message}");
        }
    }

    private static Dictionary<string, object?> Model(PreviewedReport report) => ReportMailModel.For(report.Request, report.Context, report.Request.Attachments, []);
}

/// <summary>A report to try a template with.</summary>
internal sealed record PreviewedReport(string Name, ServiceRequest Request, AdapterContext Context);

using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Email;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Operating;

/// <summary>Renders a template with a received report before the template is published.</summary>
internal sealed class TemplatePreview(
    TemplateRenderer renderer, AdapterContexts contexts, CouncilDirectory councils, DeliveryStore deliveries, TemplateFiles files, TemplateStore store,
    ReportMail mail, IDatabase database)
{
    /// <summary>Larger photos are omitted from the preview.</summary>
    private const int MaxImageBytes = 2 << 20;

    /// <summary>Returns the report to preview with: the one with the given id, or the latest one if no id is given.</summary>
    /// <returns>Null if there is no such report or its content has been deleted.</returns>
    public async Task<PreviewedReport?> FindAsync(string? id, CancellationToken ct)
    {
        var target = await database.ReadAsync(
            async db => id is { Length: > 0 } given
                ? (await DeliveryReference.FindAsync(db, given)).Found
                : await db.ScalarAsync<long?>($"SELECT id FROM report ORDER BY id DESC {db.Dialect.Page("0", "1")}") is { } latest
                    ? await DeliveryReference.OfDeliveryAsync(db, latest) : null,
            ct);
        if (target is null || target.ReportId == 0 || councils.Current.FindBackEnd(target.Council, target.Owner) is not { } owner
            || await deliveries.ContentAsync(target.ReportId, target.Revision, ct) is not { } content)
            return null;

        // Templates do not use the mailbox's address, so the owner's context is sufficient.
        return new PreviewedReport(target.Name, content.Request, contexts.For(owner, CancellationToken.None));
    }

    /// <summary>
    /// Returns the text of a part: the draft or edited text of the folder, else the folder's file, else the edited default text,
    /// else the default file. The order is that of <see cref="MailTemplates"/>.
    /// </summary>
    public async Task<string> TextAsync(string? folder, string part, CancellationToken ct)
    {
        var own = await store.FindAsync(MailTemplates.NameOf(folder, part), ct);
        if (StoredTemplate.Text(own?.Draft ?? own?.Content) is { } edited)
            return edited;
        var shared = string.IsNullOrEmpty(folder) || files.Has(folder, part) ? null : await store.FindAsync(part, ct);
        return StoredTemplate.Text(shared?.Content) ?? await files.ReadAsync(folder, part, ct);
    }

    /// <summary>Returns all problems of a template, including those that occur only with this report.</summary>
    public async Task<IReadOnlyList<TemplateProblem>> CheckAsync(string name, string text, PreviewedReport? report, CancellationToken ct)
    {
        try
        {
            var (template, problems) = await renderer.CompileAsync(text, MailTemplates.IsHtml(name), ReportMailModel.Vocabulary, ct);
            if (template is not null && report is not null)
                await renderer.RenderAsync(template, Values(report), ct);
            return problems;
        }
        catch (TemplateException e)
        {
            return [e.Problem];
        }
    }

    /// <summary>Renders a template with a report.</summary>
    /// <exception cref="TemplateException">The template is invalid.</exception>
    public async Task<string> RenderAsync(string name, string text, PreviewedReport report, CancellationToken ct) =>
        await renderer.RenderAsync(await CompileAsync(name, text, ct), Values(report), ct);

    /// <summary>Renders an HTML template for display outside an e-mail, with embedded photos.</summary>
    /// <exception cref="TemplateException">The template is invalid.</exception>
    public async Task<string> RenderPageAsync(string name, string text, PreviewedReport report, CancellationToken ct)
    {
        var page = await RenderAsync(name, text, report, ct);
        foreach (var (file, contentId) in mail.Mailed(report.Request, report.Context).Photos.Where(p => p.File.Length <= MaxImageBytes))
        {
            using var content = new MemoryStream();
            await using (var stream = await report.Context.Attachments.OpenAsync(file, ct))
                await stream.CopyToAsync(content, ct);
            page = page.Replace($"cid:{contentId}", $"data:{file.ContentType};base64,{Convert.ToBase64String(content.ToArray())}", StringComparison.Ordinal);
        }

        return page;
    }

    /// <exception cref="TemplateException">The template is invalid.</exception>
    public async Task<CompiledTemplate> CompileAsync(string name, string text, CancellationToken ct)
    {
        var (template, problems) = await renderer.CompileAsync(text, MailTemplates.IsHtml(name), ReportMailModel.Vocabulary, ct);
        return template ?? throw new TemplateException(problems[0]);
    }

    private Dictionary<string, object?> Values(PreviewedReport report) => ReportMailModel.For(mail.Mailed(report.Request, report.Context));
}

/// <summary>A report to preview a template with.</summary>
internal sealed record PreviewedReport(string Name, ServiceRequest Request, AdapterContext Context);

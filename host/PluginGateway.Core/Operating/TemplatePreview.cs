using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Email;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Operating;

/// <summary>Shows what a template makes of a report that came, before it is used.</summary>
internal sealed class TemplatePreview(
    TemplateRenderer renderer, AdapterContexts contexts, CouncilDirectory councils, DeliveryStore deliveries, TemplateFiles files, TemplateStore store,
    ReportMail mail, IDatabase database)
{
    /// <summary>Larger photos are left out of what is shown on the site.</summary>
    private const int MaxImageBytes = 2 << 20;

    /// <summary>The values of a report; of the latest one without <paramref name="id"/>.</summary>
    /// <returns>Null when there is none that is still kept.</returns>
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

        // An address of the mailbox it would go to is no part of a template.
        return new PreviewedReport(target.Name, content.Request, contexts.For(owner, CancellationToken.None));
    }

    /// <summary>
    /// The text of a part as a draft has it, or as it is used: what somebody wrote for the folder, else the folder's file, else what somebody wrote in place of
    /// the default, else the default's file. As <see cref="MailTemplates"/> chooses.
    /// </summary>
    public async Task<string> TextAsync(string? folder, string part, CancellationToken ct)
    {
        var own = await store.FindAsync(MailTemplates.NameOf(folder, part), ct);
        if (StoredTemplate.Text(own?.Draft ?? own?.Content) is { } written)
            return written;
        var shared = string.IsNullOrEmpty(folder) || files.Has(folder, part) ? null : await store.FindAsync(part, ct);
        return StoredTemplate.Text(shared?.Content) ?? await files.ReadAsync(folder, part, ct);
    }

    /// <summary>Everything that is wrong with a template; what only shows with a certain report too.</summary>
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

    /// <summary>What a template makes of a report.</summary>
    /// <exception cref="TemplateException">The template is wrong.</exception>
    public async Task<string> RenderAsync(string name, string text, PreviewedReport report, CancellationToken ct) =>
        await renderer.RenderAsync(await CompileAsync(name, text, ct), Values(report), ct);

    /// <summary>The same for HTML that is shown outside a mail: its photos are part of it.</summary>
    /// <exception cref="TemplateException">The template is wrong.</exception>
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

    /// <exception cref="TemplateException">The template is wrong.</exception>
    public async Task<CompiledTemplate> CompileAsync(string name, string text, CancellationToken ct)
    {
        var (template, problems) = await renderer.CompileAsync(text, MailTemplates.IsHtml(name), ReportMailModel.Vocabulary, ct);
        return template ?? throw new TemplateException(problems[0]);
    }

    private Dictionary<string, object?> Values(PreviewedReport report) => ReportMailModel.For(mail.Mailed(report.Request, report.Context));
}

/// <summary>A report to try a template with.</summary>
internal sealed record PreviewedReport(string Name, ServiceRequest Request, AdapterContext Context);

using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Email;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Templates;

namespace PluginGateway.Admin.Pages.Templates;

/// <summary>Edits a template. A preview saves it as a draft; only a valid template can be published.</summary>
[Needs(Role.Operator, AllCouncils = true)]
internal sealed class EditTemplateModel(TemplateFiles files, TemplateStore store, MailTemplates templates, TemplatePreview preview, TestMail test) : AdminPage
{
    [BindProperty(SupportsGet = true)]
    public string Name { get; set; } = "";

    /// <summary>The report to preview the template with; empty for the latest.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Report { get; set; }

    public string Text { get; private set; } = "";

    public StoredTemplate? Stored { get; private set; }

    /// <summary>Whether the template belongs to a folder that a council file names.</summary>
    public bool IsInFolder => Folder is not null;

    /// <summary>Whether the folder has no file for this part, so that the default template is used.</summary>
    public bool IsFallback => Folder is { } folder && !files.Has(folder, Path.GetFileName(Name));

    public bool HasDraft => Stored?.Draft is not null;

    public IReadOnlyList<TemplateProblem> Errors { get; private set; } = [];

    /// <summary>The text of an earlier version for this part, in a syntax that is no longer supported.</summary>
    public StoredTemplate? Earlier { get; private set; }

    public PreviewedReport? Previewed { get; private set; }

    /// <summary>The rendered subject and text, or the reason why rendering failed.</summary>
    public string PlainPreview { get; private set; } = "";

    /// <summary>The name of the HTML template of the same e-mail.</summary>
    public string HtmlName => MailTemplates.NameOf(Folder, MailTemplates.Html);

    private string? Folder => Name.Contains('/', StringComparison.Ordinal) ? Name[..Name.IndexOf('/', StringComparison.Ordinal)] : null;

    public async Task<IActionResult> OnGetAsync()
    {
        if (!IsKnown())
            return NotFound();
        await ShowAsync();
        return Page();
    }

    public async Task<IActionResult> OnPostPreviewAsync(string? text)
    {
        if (!IsKnown())
            return NotFound();
        await store.DraftAsync(Name, Clean(text), Aborted);
        return Redirect(Here);
    }

    public async Task<IActionResult> OnPostUseAsync(string? text)
    {
        if (!IsKnown())
            return NotFound();

        var clean = Clean(text);
        if (await preview.CheckAsync(Name, clean, await preview.FindAsync(Report, Aborted), Aborted) is { Count: > 0 } errors)
        {
            await store.DraftAsync(Name, clean, Aborted);
            return Back(ActionOutcome.No($"Not published: {errors[0]}."), Here);
        }

        await store.PublishAsync(Name, clean, Actor.Name, Aborted);
        templates.Invalidate();
        return Back(ActionOutcome.Yes("Published. All hosts use it within a second."), Here);
    }

    public async Task<IActionResult> OnPostUndoAsync()
    {
        if (!IsKnown())
            return NotFound();

        var undone = await store.UndoAsync(Name, Actor.Name, Aborted);
        templates.Invalidate();
        return Back(undone ? ActionOutcome.Yes("Last change undone.") : ActionOutcome.No("There is nothing to undo."), Here);
    }

    public async Task<IActionResult> OnPostTestAsync(string? to)
    {
        if (!IsKnown())
            return NotFound();
        return await preview.FindAsync(Report, Aborted) is { } report
            ? Back(await test.SendAsync(report, Folder, to ?? "", Actor.Name, Aborted), Here)
            : Back(ActionOutcome.No("There is no such report."), Here);
    }

    private string Here =>
        "/admin/templates/edit" + QueryString.Create(new Dictionary<string, string?>(StringComparer.Ordinal) { ["name"] = Name, ["report"] = Report });

    private static string Clean(string? text) =>
        (text ?? "").ReplaceLineEndings("\n") is var clean && clean.Length > TemplateStore.MaxLength ? clean[..TemplateStore.MaxLength] : clean;

    private bool IsKnown() => files.Folders().Prepend(null).Any(folder => MailTemplates.Parts.Any(part => MailTemplates.NameOf(folder, part) == Name));

    private async Task ShowAsync()
    {
        Stored = await store.FindAsync(Name, Aborted);
        Earlier = await store.FindEarlierAsync(Name, Aborted);
        Text = await preview.TextAsync(Folder, Path.GetFileName(Name), Aborted);
        Previewed = await preview.FindAsync(Report, Aborted);
        Errors = await preview.CheckAsync(Name, Text, Previewed, Aborted);
        if (Previewed is { } report)
            PlainPreview = $"{(await PartAsync(MailTemplates.Subject, report)).Trim()}\n\n{await PartAsync(MailTemplates.Text, report)}";
    }

    private async Task<string> PartAsync(string part, PreviewedReport report)
    {
        var name = MailTemplates.NameOf(Folder, part);
        try
        {
            return await preview.RenderAsync(name, await preview.TextAsync(Folder, part, Aborted), report, Aborted);
        }
        catch (TemplateException e)
        {
            return $"({name} is invalid: {e.Message})";
        }
    }
}

using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Email;

namespace PluginGateway.Admin.Pages.Templates;

[Needs(Role.Operator, AllCouncils = true)]
internal sealed class TemplatesModel(TemplateFiles files, TemplateStore store, MailTemplates templates) : AdminPage
{
    public IReadOnlyList<(string Name, StoredTemplate? Stored, bool HasFile)> All { get; private set; } = [];

    /// <summary>Templates that are invalid and not used.</summary>
    public IReadOnlyList<InvalidTemplate> Problems { get; private set; } = [];

    /// <summary>Templates of earlier versions, in a syntax that is no longer supported.</summary>
    public IReadOnlyList<StoredTemplate> Earlier { get; private set; } = [];

    public async Task OnGetAsync()
    {
        await templates.RefreshAsync(Aborted);
        Problems = templates.Problems;
        var stored = await store.ListAsync(Aborted);
        Earlier = stored.FindAll(t => t.IsFromEarlierVersion);
        All =
        [
            .. files.Folders().Prepend(null).SelectMany(folder => MailTemplates.Parts.Select(part =>
            {
                var name = MailTemplates.NameOf(folder, part);
                return (name, stored.Find(t => t.Name == name), folder is null || files.Has(folder, part));
            })),
        ];
    }
}

using PluginGateway.Host.Admin.Access;
using PluginGateway.Host.Admin.SignIn;
using PluginGateway.Host.Email;

namespace PluginGateway.Host.Admin.Pages;

[Needs(Role.Operator, AllCouncils = true)]
internal sealed class TemplatesModel(TemplateFiles files, TemplateStore store) : AdminPage
{
    public IReadOnlyList<(string Name, StoredTemplate? Stored, bool HasFile)> All { get; private set; } = [];

    public async Task OnGetAsync()
    {
        var stored = await store.ListAsync(Aborted);
        All =
        [
            .. files.Folders().Prepend(null).SelectMany(folder => Templates.Parts.Select(part =>
            {
                var name = Templates.NameOf(folder, part);
                return (name, stored.Find(t => t.Name == name), folder is null || files.Has(folder, part));
            })),
        ];
    }
}

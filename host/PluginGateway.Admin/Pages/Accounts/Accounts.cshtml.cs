using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;

namespace PluginGateway.Admin.Pages.Accounts;

[Needs(Role.Admin, AllCouncils = true)]
internal sealed class AccountsModel(AccountStore accounts, CouncilDirectory directory) : AdminPage
{
    public IReadOnlyList<Account> All { get; private set; } = [];

    public IReadOnlyList<string> Councils => [.. directory.Current.Councils.Select(c => c.JurisdictionId)];

    /// <summary>The initial state of the form for a new account.</summary>
    public RightsForm Rights => new(Enum.TryParse<Role>(Typed("", "role"), out var role) ? role : Role.Viewer, TypedForm.Values("", "councils"), Councils);

    public async Task OnGetAsync() => All = await accounts.ListAsync(Aborted);

    public async Task<IActionResult> OnPostAsync(string? name, string? password, Role role, string[] councils) => Back(
        await accounts.CreateAsync(name ?? "", password, new Rights(role, councils), Actor.Name, first: null, Aborted), "/admin/accounts");
}

/// <summary>The part of a form that sets an account's permissions.</summary>
internal sealed record RightsForm(Role Role, IReadOnlyList<string> Chosen, IReadOnlyList<string> Councils)
{
    /// <summary>The councils to choose from. Includes those of the account that have no council file, so that saving the form keeps them.</summary>
    public IEnumerable<string> All => Councils.Union(Chosen, StringComparer.Ordinal);
}

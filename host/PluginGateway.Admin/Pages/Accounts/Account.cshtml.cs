using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;

namespace PluginGateway.Admin.Pages.Accounts;

[Needs(Role.Admin, AllCouncils = true)]
internal sealed class AccountModel(AccountStore accounts, SecondFactor secondFactor, CouncilDirectory directory) : AdminPage
{
    public Account Account { get; private set; } = new();

    public IReadOnlyList<string> Councils => [.. directory.Current.Councils.Select(c => c.JurisdictionId)];

    public async Task<IActionResult> OnGetAsync(long id)
    {
        if (await accounts.FindAsync(id, Aborted) is not { } found)
            return NotFound();
        Account = found;
        return Page();
    }

    public async Task<IActionResult> OnPostRightsAsync(long id, Role role, string[] councils, bool shut, string? why) => string.IsNullOrWhiteSpace(why)
        ? Back(RequiredReason.Missing, $"/admin/accounts/{id}")
        : Back(await accounts.ChangeAsync(id, new Rights(role, councils), shut, Actor.Name, why, Aborted), $"/admin/accounts/{id}");

    public async Task<IActionResult> OnPostSecondFactorAsync(long id, string? why) => Back(
        string.IsNullOrWhiteSpace(why) ? RequiredReason.Missing : await secondFactor.TurnOffAsync(id, Actor.Name, why.Trim(), Aborted),
        $"/admin/accounts/{id}");

    public async Task<IActionResult> OnPostPasswordAsync(long id, string? password) =>
        Back(await accounts.SetPasswordAsync(id, password, Actor.Name, Aborted), $"/admin/accounts/{id}");
}

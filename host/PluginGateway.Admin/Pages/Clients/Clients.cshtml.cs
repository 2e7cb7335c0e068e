using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;

namespace PluginGateway.Admin.Pages.Clients;

[Needs(Role.Admin, AllCouncils = true)]
internal sealed class ClientsModel(ApiKeys keys, CouncilDirectory directory) : AdminPage
{
    private const int PerPage = 50;
    private const string KeyName = "key";
    private const string ClientName = "client";

    public IReadOnlyList<KeyListing> Rows { get; private set; } = [];

    public long? Next { get; private set; }

    /// <summary>The key that was just created. Only the page after its creation shows it, once.</summary>
    public string? Shown { get; private set; }

    public string ShownFor { get; private set; } = "";

    public IReadOnlyList<string> Councils => [.. directory.Current.Councils.Select(c => c.JurisdictionId)];

    /// <summary>The councils that were selected when the form was refused.</summary>
    public IReadOnlyList<string> TypedCouncils => TypedForm.Values("Create", "councils");

    /// <summary>Whether a scope is selected: the default one, or those that were selected when the form was refused.</summary>
    public bool IsChosen(string scope) => IsRefused("Create") ? TypedForm.Values("Create", "scopes").Contains(scope) : scope == ApiKeys.AllScopes[0];

    public async Task OnGetAsync(long after)
    {
        (Shown, ShownFor) = (TempData[KeyName] as string, TempData[ClientName] as string ?? "");
        var rows = await keys.ListAsync(Aborted);
        Rows = [.. rows.Where(r => r.Id > after).Take(PerPage)];
        Next = rows.Count > 0 && Rows.Count == PerPage && Rows[^1].Id != rows[^1].Id ? Rows[^1].Id : null;
    }

    public async Task<IActionResult> OnPostCreateAsync(string? client, string[] scopes, string[] councils, int? days)
    {
        if (string.IsNullOrWhiteSpace(client) || client.Length > 100 || councils.Any(c => !directory.Current.Councils.Any(known => known.JurisdictionId == c))
            || scopes.Length == 0 || scopes.Except(ApiKeys.AllScopes, StringComparer.Ordinal).Any() || days is < 1 or > 36_500)
            return Back(ActionOutcome.No("Enter a client of at most 100 characters, at least one scope and, optionally, 1 to 36,500 days."), "/admin/clients");

        var key = ApiKeys.New();
        var expires = days is { } d ? DateTimeOffset.FromUnixTimeMilliseconds(Now).AddDays(d) : (DateTimeOffset?)null;
        var made = await keys.IssueAsync(
            client.Trim(), key, [.. councils.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            string.Join(',', scopes.Distinct(StringComparer.Ordinal).OrderDescending(StringComparer.Ordinal)), ClientProfile.None, expires, Actor.Name,
            Aborted);
        // The browser keeps it, encrypted, until the next page has been shown.
        if (made.Done)
            (TempData[KeyName], TempData[ClientName]) = (key, client.Trim());
        return made.Done ? Redirect("/admin/clients") : Back(made, "/admin/clients");
    }

    public async Task<IActionResult> OnPostRevokeAsync(long id) => Back(
        await keys.RevokeAsync(id, Actor.Name, Aborted) ? ActionOutcome.Yes($"Key {id} revoked.") : ActionOutcome.No($"There is no active key {id}."),
        "/admin/clients");
}

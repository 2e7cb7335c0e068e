using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Councils;

/// <summary>A council that was live but has no valid file now.</summary>
[Needs(Role.Viewer, Role.Operator)]
internal sealed class AbsentModel(CouncilDirectory directory, CouncilActions actions) : AdminPage
{
    private const int MaxErrors = 20;

    public StoredCouncilFile Council { get; private set; } = null!;

    /// <summary>The errors of the file, if it exists.</summary>
    public IReadOnlyList<SettingsError> Errors { get; private set; } = [];

    public string? FolderProblem { get; private set; }

    public bool MayChange => Actor.May(Role.Operator);

    public IActionResult OnGet(string council)
    {
        var councils = directory.Current;
        if (councils.Find(council) is not null)
            return Redirect($"/admin/councils/{Uri.EscapeDataString(council)}");
        if (councils.Absent.FirstOrDefault(a => a.Council == council) is not { } found)
            return NotFound();

        Council = found;
        FolderProblem = Actor.SeesAll ? councils.FolderProblem : null;
        Errors = [.. councils.Files.Values.Where(f => f.JurisdictionId == council || Path.GetFileName(f.Path) == found.FileName)
            .SelectMany(f => f.Errors).Take(MaxErrors)];
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string council, string? why)
    {
        var result = string.IsNullOrWhiteSpace(why)
            ? RequiredReason.Missing
            : await actions.RemoveAsync(directory.Current, council, Actor.Name, why.Trim(), Aborted);
        return Back(result, result.Done ? "/admin" : $"/admin/councils/{Uri.EscapeDataString(council)}/absent");
    }
}

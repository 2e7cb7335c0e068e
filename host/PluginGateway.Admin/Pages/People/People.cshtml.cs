using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.People;

namespace PluginGateway.Admin.Pages.People;

/// <summary>
/// Finds, exports and erases the data of one person. The address or number is never part of a URL, which would be logged and kept by browsers: the browser
/// keeps it, encrypted, while the page is in use.
/// </summary>
[Needs(Role.Admin, AllCouncils = true)]
internal sealed class PeopleModel(PersonData people, PersonExport export) : AdminPage
{
    private const string Address = "/admin/people";
    private const string ValueName = "person";

    public string? Value => TempData.Peek(ValueName) as string;

    /// <summary>What is kept of the person; null if nobody was searched for.</summary>
    public PersonFound? Found { get; private set; }

    public async Task OnGetAsync() => Found = Value is { } value ? await people.ShowAsync(value, Aborted) : null;

    public async Task<IActionResult> OnPostFindAsync(string? value, string? why)
    {
        TempData.Remove(ValueName);
        if (string.IsNullOrWhiteSpace(why))
            return Back(RequiredReason.Missing, Address);

        var (found, problem) = await people.FindAsync(value, Actor.Name, why.Trim(), Aborted);
        if (found is null)
            return Back(ActionOutcome.No(problem), Address);
        TempData[ValueName] = value!.Trim();
        return Redirect(Address);
    }

    public async Task<IActionResult> OnPostExportAsync(string? why)
    {
        if (string.IsNullOrWhiteSpace(why))
            return Back(RequiredReason.Missing, Address);

        // Written to a file first, so that an error is shown instead of half a file.
        var file = new FileStream(
            Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 << 10, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        HttpContext.Response.RegisterForDispose(file);
        var outcome = await export.WriteAsync(Value, file, Actor.Name, why.Trim(), Aborted);
        if (!outcome.Done)
            return Back(outcome, Address);
        file.Position = 0;
        return File(file, "application/zip", "person.zip");
    }

    public async Task<IActionResult> OnPostEraseAsync(string? why) => Back(
        string.IsNullOrWhiteSpace(why) ? RequiredReason.Missing : await people.EraseAsync(Value, Actor.Name, why.Trim(), Aborted), Address);
}

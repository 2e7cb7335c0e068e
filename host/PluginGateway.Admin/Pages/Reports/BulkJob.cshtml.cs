using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Reports;

/// <summary>How far an action for many reports has come.</summary>
[Needs(Role.Operator)]
internal sealed class BulkJobModel(BulkJobs jobs) : AdminPage
{
    private const int MaxRefused = 100;

    public BulkJob Job { get; private set; } = null!;

    public IReadOnlyList<BulkItem> Refused { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(long id)
    {
        if (await jobs.FindAsync(id, Aborted) is not { } job || !job.Councils.All(Actor.Sees))
            return NotFound();
        (Job, Refused) = (job, await jobs.RefusedAsync(id, MaxRefused, Aborted));
        return Page();
    }
}

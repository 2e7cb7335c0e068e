using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Reports;

/// <summary>Shows the progress of an action on many reports.</summary>
[Needs(Role.Operator)]
internal sealed class BulkJobModel(BulkJobs jobs) : AdminPage
{
    private const int MaxRefused = 100;

    public BulkJob Job { get; private set; } = null!;

    public IReadOnlyList<BulkItem> Refused { get; private set; } = [];

    /// <summary>The action's title, its progressive form, and the word for a processed report; see <see cref="BulkModel.Names"/>.</summary>
    public (string Title, string Progress, string Done) Names => BulkModel.Names(Job.Action, DurationText.Count(Job.Total, "report"));

    public async Task<IActionResult> OnGetAsync(long id)
    {
        if (await jobs.FindAsync(id, Aborted) is not { } job || !job.Councils.All(Actor.Sees))
            return NotFound();
        (Job, Refused) = (job, await jobs.RefusedAsync(id, MaxRefused, Aborted));
        return Page();
    }
}

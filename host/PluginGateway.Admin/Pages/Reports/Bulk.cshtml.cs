using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Reports;

/// <summary>Previews an action on all reports that match the filter, and starts it.</summary>
[Needs(Role.Operator)]
internal sealed class BulkModel(BulkPreview preview, BulkJobs jobs, Routes routes, CouncilDirectory directory) : FilterPage(directory)
{
    public BulkPreviewResult Previewed { get; private set; } = null!;

    /// <summary>The back ends that accept the reports, if all are for the same council.</summary>
    public IReadOnlyList<string> Routes => Previewed.Councils is [var one] && Directory.Current.Find(one) is { } council
        ? [.. council.BackEnds.Values.Where(b => routes.Accepts(b, b.Name)).Select(b => b.Name).Order(StringComparer.Ordinal)]
        : [];

    public async Task<IActionResult> OnGetAsync()
    {
        if (IsForbidden || !AllowsBulk(Filter().States))
            return NotFound();
        Previewed = await preview.ReadAsync(Filter(), Actor, Aborted);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(BulkAction? what, string? to, string? day, int count, long last, string? why)
    {
        if (IsForbidden || !AllowsBulk(Filter().States))
            return NotFound();

        Previewed = await preview.ReadAsync(Filter(), Actor, Aborted);
        if (string.IsNullOrWhiteSpace(why))
            return BackToForm(RequiredReason.Missing);
        // Only the reports that were shown are processed, not those received in the meantime.
        var shown = Previewed.Deliveries.Where(d => d <= last).ToList();
        if (shown.Count > count || shown.Count == 0)
            return BackToForm(ActionOutcome.No($"The filter now matches {DurationText.Count(shown.Count, "report")}. Check the result and try again."));

        var (argument, problem) = Argument(what, to, day);
        if (what is not { } action || argument is null)
            return BackToForm(ActionOutcome.No(problem));

        var id = await jobs.CreateAsync(action, argument, Previewed.Councils, shown, Actor.Name, why.Trim(), Aborted);
        return Redirect($"/admin/bulk/{id}");
    }

    /// <summary>Whether an action is selected: the default one, or the one that was selected when the form was refused.</summary>
    public bool IsChosen(string what) => (Typed("", "what") ?? nameof(BulkAction.Resend)) == what;

    /// <summary>Returns the title of an action on some reports, its progressive form ("Retrying 10 reports"), and the word for a processed report.</summary>
    /// <param name="action">The action.</param>
    /// <param name="reports">The reports: "10 reports".</param>
    public static (string Title, string Progress, string Done) Names(string action, string reports) => action switch
    {
        nameof(BulkAction.Resend) or nameof(BulkAction.ResendAlthough) => ($"Retry {reports}", $"Retrying {reports}", "queued"),
        nameof(BulkAction.Route) => ($"Send {reports} through another back end", $"Sending {reports} through another back end", "queued"),
        nameof(BulkAction.MarkSent) => ($"Mark {reports} as sent", $"Marking {reports} as sent", "marked"),
        nameof(BulkAction.Acknowledge) => ($"Snooze {reports}", $"Snoozing {reports}", "snoozed"),
        nameof(BulkAction.Cancel) => ($"Cancel {reports}", $"Cancelling {reports}", "cancelled"),
        _ => ($"{action}: {reports}", $"{action}: {reports}", "done"),
    };

    /// <summary>Returns the argument of an action; null if the action is not possible.</summary>
    private (string? Argument, string Problem) Argument(BulkAction? action, string? to, string? day)
    {
        const string NotAvailable = "This action is not available for these reports.";
        switch (action)
        {
            case BulkAction.Acknowledge:
                var until = LocalDates.Begin(day, 0, Zone);
                return until > Now ? (until.ToString(CultureInfo.InvariantCulture), "") : (null, "Choose a day in the future.");
            case BulkAction.Route:
                return Routes.Contains(to ?? "", StringComparer.Ordinal) ? (to, "") : (null, NotAvailable);
            default:
                return action is { } known && Enum.IsDefined(known) ? ("", "") : (null, NotAvailable);
        }
    }

    private RedirectResult BackToForm(ActionOutcome result) => Back(result, $"/admin/reports/bulk{Query}");

    private static bool AllowsBulk(StateFilter states) => states is not (StateFilter.All or StateFilter.Sent or StateFilter.Cancelled or StateFilter.Sending);
}

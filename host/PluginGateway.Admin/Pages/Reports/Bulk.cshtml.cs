using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Reports;

/// <summary>One action for all reports that fit: first what it would meet, then that.</summary>
[Needs(Role.Operator)]
internal sealed class BulkModel(BulkPreview preview, BulkJobs jobs, Routes routes, CouncilDirectory directory) : FilterPage(directory)
{
    public Previewed Previewed { get; private set; } = null!;

    /// <summary>Back ends that could take them, when all are of one council.</summary>
    public IReadOnlyList<string> Routes => Previewed.Councils is [var one] && Directory.Current.Find(one) is { } council
        ? [.. council.BackEnds.Values.Where(b => routes.Takes(b, b.Name)).Select(b => b.Name).Order(StringComparer.Ordinal)]
        : [];

    public async Task<IActionResult> OnGetAsync()
    {
        if (IsOfOthers || !CanBe(Filter().States))
            return NotFound();
        Previewed = await preview.ReadAsync(Filter(), Actor, Aborted);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(BulkAction? what, string? to, string? day, int count, long last, string? why)
    {
        if (IsOfOthers || !CanBe(Filter().States))
            return NotFound();

        Previewed = await preview.ReadAsync(Filter(), Actor, Aborted);
        if (string.IsNullOrWhiteSpace(why))
            return Refused(RequiredReason.Missing);
        // What was shown is what is done: nothing that came meanwhile, and no more than that.
        var shown = Previewed.Deliveries.Where(d => d <= last).ToList();
        if (shown.Count > count || shown.Count == 0)
            return Refused(ActionOutcome.No($"Meanwhile it is {DurationText.Count(shown.Count, "report")}. Look again."));

        var (argument, problem) = Argument(what, to, day);
        if (what is not { } action || argument is null)
            return Refused(ActionOutcome.No(problem));

        var id = await jobs.CreateAsync(action, argument, Previewed.Councils, shown, Actor.Name, why.Trim(), Aborted);
        return Redirect($"/admin/bulk/{id}");
    }

    /// <summary>Whether an action is the one that is chosen at first, or was before the form was refused.</summary>
    public bool IsChosen(string what) => (Typed("", "what") ?? nameof(BulkAction.Resend)) == what;

    /// <summary>What an action needs to know beside its reports; null when it cannot be done.</summary>
    private (string? Argument, string Problem) Argument(BulkAction? action, string? to, string? day)
    {
        const string CannotBeDone = "That cannot be done to these.";
        switch (action)
        {
            case BulkAction.Acknowledge:
                var until = LocalDates.Begin(day, 0, Zone);
                return until > Now ? (until.ToString(CultureInfo.InvariantCulture), "") : (null, "Say until which day to come.");
            case BulkAction.Route:
                return Routes.Contains(to ?? "", StringComparer.Ordinal) ? (to, "") : (null, CannotBeDone);
            default:
                return action is { } known && Enum.IsDefined(known) ? ("", "") : (null, CannotBeDone);
        }
    }

    private IActionResult Refused(ActionOutcome result)
    {
        Refuse(result);
        return Page();
    }

    private static bool CanBe(StateFilter states) => states is not (StateFilter.All or StateFilter.Sent or StateFilter.Cancelled or StateFilter.Sending);
}

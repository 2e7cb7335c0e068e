using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Contracts;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Pages.Reports;

[Needs(Role.Viewer, Role.Operator)]
internal sealed class ReportModel(
    ReportHistoryQuery histories, IDatabase database, ReportActions actions, ReportEdit edit, Routes routes, Acknowledgements acknowledgements,
    CouncilDirectory directory, DisplayTimeZone zones) : AdminPage
{
    /// <summary>The maximum length of a description to edit. Longer ones would make the page too large; they can be edited with a command.</summary>
    public const int MaxLengthToEdit = 20_000;

    public ReportHistory History { get; private set; } = null!;

    public IReadOnlyList<TimelineEntry> Entries { get; private set; } = [];

    public bool MayChange => Actor.May(Role.Operator);

    /// <summary>The deliveries that actions are available for: those neither sent nor cancelled, the report itself first.</summary>
    public IReadOnlyList<HistoryDelivery> Unfinished =>
        [.. History.Deliveries.Where(d => d.State is not (DeliveryState.Sent or DeliveryState.Cancelled)).OrderBy(d => d.Id == History.Target.Id ? 0 : 1)];

    /// <summary>Other back ends that accept the report.</summary>
    public IReadOnlyList<BackEnd> Routes =>
        History.Target is { Kind: DeliveryKind.Report, State: not (DeliveryState.Sent or DeliveryState.Cancelled) } target
            && Council is { } council
            ? [.. routes.Of(council, target.Owner).Where(b => b.Name != target.DestKey)]
            : [];

    /// <summary>The report's council; null if it has no council file.</summary>
    public Council? Council => directory.Current.Find(History.Target.Council);

    /// <summary>Whether the refused edit was based on the current content.</summary>
    public bool IsEditCurrent => Typed("Edit", "revision") == History.Contents[^1].Revision.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns the answer that was typed in the refused edit; null if the edit was not based on the current content.</summary>
    public string? TypedAnswer(string code)
    {
        var typed = TypedForm.Values("Edit", "codes").Zip(TypedForm.Values("Edit", "values"));
        return IsEditCurrent ? typed.FirstOrDefault(pair => pair.First == code).Second : null;
    }

    public WhichDelivery Which(string handler) => new(Unfinished, Typed(handler, "delivery"));

    public Standing Standing => History.Main.State switch
    {
        DeliveryState.Sent or DeliveryState.Sending or DeliveryState.Pending => Standing.Ok,
        DeliveryState.Held or DeliveryState.Failed => Standing.Error,
        _ => Standing.Warning,
    };

    /// <summary>The status in the council's system, if it has said anything about the report: "no further action"; otherwise null.</summary>
    public string? CouncilStatus => History.Target.Status is { Length: > 0 } status && (status != "open" || StatusSince > 0)
        ? status.Replace('_', ' ')
        : null;

    /// <summary>When the council changed the status, according to its system; 0 if that is not known.</summary>
    public long StatusSince => History.Updates.Where(u => u.From != ReportHistory.Gateway && u.Update?.Status == History.Target.Status)
        .Select(u => u.Update!.OccurredAt.ToUnixTimeMilliseconds()).DefaultIfEmpty().Max();

    public override TimeZoneInfo Zone => History is null ? base.Zone : zones.Of(History.Target.Council);

    public async Task<IActionResult> OnGetAsync(string id)
    {
        if (await histories.ReadAsync(id, Actor.Councils, Aborted) is not { } history || !Actor.Sees(history.Target.Council))
            return NotFound();

        History = history;
        Entries = Timeline.Of(history, people: Actor.May(Role.Operator));
        return Page();
    }

    /// <summary>Explains the state of a delivery.</summary>
    public string Explain(HistoryDelivery delivery) =>
        UndeliveredReason.Explain(History, delivery, Council?.Name ?? History.Target.Council, at => When(at).ToString(), Now);

    public Task<IActionResult> OnPostResendAsync(string id, long delivery, bool maybe, string? why) =>
        DoAsync(
            id, delivery, why,
            async (one, reason) => Notify(await actions.ResendAsync(one, maybe, Actor.Name, reason, Aborted), "Queued for sending."));

    public Task<IActionResult> OnPostMarkSentAsync(string id, long delivery, string? external, string? why) =>
        DoAsync(id, delivery, why, async (one, reason) => Notify(
            await actions.MarkSentAsync(
                one, string.IsNullOrWhiteSpace(external) ? null : external.Trim(), directory.Current.FindBackEnd, Actor.Name, reason, Aborted),
            "Marked as sent."));

    public Task<IActionResult> OnPostCancelAsync(string id, long delivery, string? why) =>
        DoAsync(id, delivery, why, async (one, reason) => Notify(await actions.CancelAsync(one, Actor.Name, reason, Aborted), "Cancelled."));

    public Task<IActionResult> OnPostRouteAsync(string id, string? to, string? why) => DoAsync(id, null, why, async (one, reason) =>
    {
        var target = await FindAsync(id);
        return directory.Current.FindBackEnd(target!.Council, to ?? "") is { } backEnd && routes.Accepts(backEnd, target.Owner)
            ? Notify(await actions.RouteAsync(one, backEnd, Actor.Name, reason, Aborted), $"Queued for sending through {backEnd.Name}.")
            : ActionOutcome.No($"{to} does not accept this report.");
    });

    public Task<IActionResult> OnPostEditAsync(string id, int revision, string? description, string?[] codes, string?[] values, string? why) =>
        DoAsync(id, null, why, async (one, reason) =>
        {
            var result = await edit.RunAsync(
                one, directory.Current, r => ReportEdit.Change(r, description?.ReplaceLineEndings("\n"), Changed(r.Answers, codes, values)), revision,
                Actor.Name, reason, Aborted);
            return Notify(result, $"Saved. {result.Text}");
        });

    public Task<IActionResult> OnPostAcknowledgeAsync(string id, string? until, string? why) => DoAsync(id, null, why, async (_, reason) =>
    {
        var target = (await FindAsync(id))!;
        return LocalDates.Begin(until, 0, zones.Of(target.Council)) is > 0 and var day
            ? Notify(
                await acknowledgements.SetAsync(target, UnixTime.At(day), Actor.Name, reason, Aborted),
                day > Now ? $"Snoozed until {until}." : "No longer snoozed.")
            : ActionOutcome.No("Choose a day.");
    });

    public Task<IActionResult> OnPostNoteAsync(string id, string? why) =>
        DoAsync(
            id, null, why,
            async (_, note) => Notify(await acknowledgements.NoteAsync((await FindAsync(id))!, Actor.Name, note, Aborted), "Note saved."));

    /// <summary>Replaces the text of a successful action by a notice, because the text is meant for the audit log.</summary>
    private static ActionOutcome Notify(ActionOutcome result, string notice) => result.Done ? result with { Text = notice } : result;

    /// <summary>Returns the changed answers. An empty field removes its answer; a field with several values separates them by commas.</summary>
    private static List<(string Code, IReadOnlyList<string> Values)> Changed(IReadOnlyList<ReportAnswer> answers, string?[] codes, string?[] values) =>
    [
        .. from pair in codes.Zip(values)
           let now = answers.FirstOrDefault(a => a.Code == pair.First)
           let text = pair.Second?.Trim() ?? ""
           where now is not null && string.Join(", ", now.Values) != text
           select (now.Code,
               (IReadOnlyList<string>)(now.Values.Count > 1 ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                   : text.Length == 0 ? [] : [text])),
    ];

    private async Task<DeliveryReference?> FindAsync(string id) =>
        (await database.ReadAsync(db => DeliveryReference.FindAsync(db, id, Actor.Councils), Aborted)).Found;

    /// <summary>Runs an action on a report or one of its deliveries, if the account may see it.</summary>
    private async Task<IActionResult> DoAsync(string id, long? delivery, string? why, Func<string, string, Task<ActionOutcome>> action)
    {
        if (await FindAsync(id) is not { } target || !Actor.Sees(target.Council))
            return NotFound();
        // A posted delivery must belong to this report.
        if (delivery is { } number && number != target.Id
            && (target.ReportId == 0 || (await database.ReadAsync(db => DeliveryReference.OfDeliveryAsync(db, number), Aborted))?.ReportId != target.ReportId))
            return NotFound();
        var result = string.IsNullOrWhiteSpace(why)
            ? RequiredReason.Missing
            : await action(
                delivery is { } given ? DeliveryReference.Number(given) : target.OwnId.Length > 0 ? target.OwnId : DeliveryReference.Number(target.Id),
                why.Trim());
        return await BackAsync(result, $"/admin/reports/{Uri.EscapeDataString(id)}", () => OnGetAsync(id));
    }
}

/// <summary>The list of a report's deliveries in a form, one of which is selected.</summary>
/// <param name="All">The deliveries to choose from.</param>
/// <param name="Typed">The delivery that was selected when the form was refused; null otherwise.</param>
internal sealed record WhichDelivery(IReadOnlyList<HistoryDelivery> All, string? Typed)
{
    public const int MaxShown = 50;

    /// <summary>Whether a delivery is selected: the first one, or the one that was selected when the form was refused.</summary>
    public bool IsChosen(HistoryDelivery delivery) => Typed is null ? delivery == All[0] : delivery.Id.ToString(CultureInfo.InvariantCulture) == Typed;
}

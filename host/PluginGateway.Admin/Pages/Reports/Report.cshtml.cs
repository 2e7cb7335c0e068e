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
    ReportHistoryQuery stories, IDatabase database, ReportActions actions, ReportEdit edit, Routes routes, Acknowledgements acknowledgements,
    CouncilDirectory directory, DisplayTimeZone zones) : AdminPage
{
    /// <summary>A longer description is edited by a command: the page would be too big with it.</summary>
    public const int MaxLengthToEdit = 20_000;

    public ReportHistory History { get; private set; } = null!;

    public IReadOnlyList<TimelineEntry> Entries { get; private set; } = [];

    public bool MayChange => Actor.May(Role.Operator);

    /// <summary>What an action can be for: what is neither sent nor cancelled, the report itself first.</summary>
    public IReadOnlyList<HistoryDelivery> NotDone =>
        [.. History.Deliveries.Where(d => d.State is not (DeliveryState.Sent or DeliveryState.Cancelled)).OrderBy(d => d.Id == History.Target.Id ? 0 : 1)];

    /// <summary>Other back ends that could take it.</summary>
    public IReadOnlyList<BackEnd> Routes =>
        History.Target is { Kind: DeliveryKind.Report, State: not (DeliveryState.Sent or DeliveryState.Cancelled) } target
            && directory.Current.Find(target.Council) is { } council
            ? [.. routes.Of(council, target.Owner).Where(b => b.Name != target.DestKey)]
            : [];

    public bool HasCouncil => directory.Current.Find(History.Target.Council) is not null;

    /// <summary>Whether the edit that was refused is of the content that is there now.</summary>
    public bool IsStillThat => Typed("Edit", "revision") == History.Contents[^1].Revision.ToString(CultureInfo.InvariantCulture);

    /// <summary>What was typed in place of an answer of that content.</summary>
    public string? TypedAnswer(string code) =>
        IsStillThat && Array.IndexOf(Request.Form["codes"].ToArray(), code) is >= 0 and var at && Request.Form["values"] is var typed && at < typed.Count
            ? typed[at]
            : null;

    public WhichDelivery Which(string handler) => new(NotDone, Typed(handler, "delivery"));

    public Standing Standing => History.Main.State switch
    {
        DeliveryState.Sent or DeliveryState.Sending or DeliveryState.Pending => Standing.Ok,
        DeliveryState.Held or DeliveryState.Failed => Standing.Error,
        _ => Standing.Warning,
    };

    public override TimeZoneInfo Zone => History is null ? base.Zone : zones.Of(History.Target.Council);

    public async Task<IActionResult> OnGetAsync(string id)
    {
        if (await stories.ReadAsync(id, Actor.Councils, Aborted) is not { } story || !Actor.Sees(story.Target.Council))
            return NotFound();

        History = story;
        Entries = Timeline.Of(story, people: Actor.May(Role.Operator));
        return Page();
    }

    public Task<IActionResult> OnPostResendAsync(string id, long delivery, bool maybe, string? why) =>
        DoAsync(id, delivery, why, (one, reason) => actions.ResendAsync(one, maybe, Actor.Name, reason, Aborted));

    public Task<IActionResult> OnPostMarkSentAsync(string id, long delivery, string? external, string? why) =>
        DoAsync(id, delivery, why, (one, reason) =>
            actions.MarkSentAsync(
                one, string.IsNullOrWhiteSpace(external) ? null : external.Trim(), directory.Current.FindBackEnd, Actor.Name, reason, Aborted));

    public Task<IActionResult> OnPostCancelAsync(string id, long delivery, string? why) =>
        DoAsync(id, delivery, why, (one, reason) => actions.CancelAsync(one, Actor.Name, reason, Aborted));

    public Task<IActionResult> OnPostRouteAsync(string id, string? to, string? why) => DoAsync(id, null, why, async (one, reason) =>
    {
        var target = await FindAsync(id);
        return directory.Current.FindBackEnd(target!.Council, to ?? "") is { } backEnd && routes.Takes(backEnd, target.Owner)
            ? await actions.RouteAsync(one, backEnd, Actor.Name, reason, Aborted)
            : ActionOutcome.No($"{to} cannot take this report.");
    });

    public Task<IActionResult> OnPostEditAsync(string id, int revision, string? description, string?[] codes, string?[] values, string? why) =>
        DoAsync(id, null, why, (one, reason) =>
            edit.RunAsync(
                one, directory.Current, r => ReportEdit.Change(r, description?.ReplaceLineEndings("\n"), Changed(r.Answers, codes, values)), revision,
                Actor.Name, reason, Aborted));

    public Task<IActionResult> OnPostAcknowledgeAsync(string id, string? until, string? why) => DoAsync(id, null, why, async (_, reason) =>
    {
        var target = (await FindAsync(id))!;
        return LocalDates.Begin(until, 0, zones.Of(target.Council)) is > 0 and var day
            ? await acknowledgements.SetAsync(target, UnixTime.At(day), Actor.Name, reason, Aborted)
            : ActionOutcome.No("Say until which day.");
    });

    public Task<IActionResult> OnPostNoteAsync(string id, string? why) =>
        DoAsync(id, null, why, async (_, note) => await acknowledgements.NoteAsync((await FindAsync(id))!, Actor.Name, note, Aborted));

    /// <summary>Answers whose field was changed; one that was emptied is taken out, and one of several values is as many as stand between commas.</summary>
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

    /// <summary>Does something to a report, or to one of its deliveries, that the account may see.</summary>
    private async Task<IActionResult> DoAsync(string id, long? delivery, string? why, Func<string, string, Task<ActionOutcome>> action)
    {
        if (await FindAsync(id) is not { } target || !Actor.Sees(target.Council))
            return NotFound();
        // A number that was typed into the form must be of this report.
        if (delivery is { } number && number != target.Id
            && (target.ReportId == 0 || (await database.ReadAsync(db => DeliveryReference.OfDeliveryAsync(db, number), Aborted))?.ReportId != target.ReportId))
            return NotFound();
        var result = string.IsNullOrWhiteSpace(why)
            ? RequiredReason.Missing
            : await action(
                delivery is { } given ? DeliveryReference.Number(given) : target.OwnId.Length > 0 ? target.OwnId : DeliveryReference.Number(target.Id),
                why.Trim());
        if (result.Done)
            return Back(result, $"/admin/reports/{Uri.EscapeDataString(id)}");
        // The page as it is now, with what was typed.
        Refuse(result);
        return await OnGetAsync(id);
    }
}

/// <summary>Which of a report's deliveries a form is for.</summary>
/// <param name="All">Those it can be for.</param>
/// <param name="Typed">The one that was chosen before the form was refused; null when it was not.</param>
internal sealed record WhichDelivery(IReadOnlyList<HistoryDelivery> All, string? Typed)
{
    public const int MaxShown = 50;

    /// <summary>The first, or the one that was chosen: none when that can no longer be.</summary>
    public bool IsChosen(HistoryDelivery delivery) => Typed is null ? delivery == All[0] : delivery.Id.ToString(CultureInfo.InvariantCulture) == Typed;
}

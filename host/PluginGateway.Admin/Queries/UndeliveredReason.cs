using PluginGateway.Core.Reports;

namespace PluginGateway.Admin.Queries;

/// <summary>Why a report is not at its council, or when it got there: one sentence.</summary>
internal static class UndeliveredReason
{
    public static string Explain(ReportHistory story, HistoryDelivery delivery, Func<long, string> at, long now)
    {
        var tried = delivery.Tries == 0 ? "not tried yet" : $"tried {(delivery.Tries == 1 ? "once" : $"{delivery.Tries} times")}";
        var cause = delivery.Cause.Length > 0 ? $": {delivery.Cause.TrimEnd('.')}" : "";
        return delivery.State switch
        {
            DeliveryState.Sent => $"Sent to {delivery.BackEnd} at {at(delivery.Due)}{(delivery.BackEndId is { Length: > 0 } id ? $", where it is {id}" : "")}.",
            DeliveryState.Sending => "It is being sent at this moment.",
            DeliveryState.Held => $"Held, {tried}{cause}. A person must decide.",
            DeliveryState.Failed => $"Given up, {tried}{cause}. A person must decide.",
            DeliveryState.Cancelled => $"Cancelled{cause}.",
            _ => WhatHolds(story, delivery, tried, at) ?? WhatTheLaneWaitsFor(delivery, tried, cause, now) ?? WhatItWaitsFor(delivery, tried, cause, now),
        };
    }

    /// <summary>A pause, wrong settings, or something before it.</summary>
    private static string? WhatHolds(ReportHistory story, HistoryDelivery delivery, string tried, Func<long, string> at)
    {
        if (story.Suspensions.FirstOrDefault(
            c => c.Covers(delivery.Council, delivery.BackEnd) && (c.Service.Length == 0 || c.Service == story.Target.ServiceCode)) is { } suspension)
        {
            var end = suspension.Until > 0 ? $"; it opens by itself at {at(suspension.Until)}" : "";
            return $"Sending is closed since {at(suspension.Since)} by {suspension.ByWhom}: {suspension.Reason.TrimEnd('.')}{end}. It waits, {tried}.";
        }

        return delivery.Hold switch
        {
            DeliveryHold.Paused => $"Its service is paused. It waits, {tried}.",
            DeliveryHold.WaitsForEarlier when story.Deliveries.FirstOrDefault(d => d.Id == delivery.AfterId) is { } before =>
                $"It waits for the {before.Title} before it, which is {LaneIssues.Word(before.State)}.",
            DeliveryHold.WaitsForEarlier => "It waits for what comes before it.",
            _ => null,
        };
    }

    private static string? WhatTheLaneWaitsFor(HistoryDelivery delivery, string tried, string cause, long now)
    {
        if (delivery.IsOpen)
        {
            var own = delivery.State == DeliveryState.Retrying ? cause : "";
            return $"{delivery.BackEnd} has been failing ({delivery.OpenCause.TrimEnd('.')}), so nothing is sent there; "
                + $"it is probed {LaneIssues.In(delivery.NextProbe, now)}. It waits, {tried}{own}.";
        }

        return delivery.SlowUntil > now ? $"{delivery.BackEnd} asked to be left alone; it is called again {LaneIssues.In(delivery.SlowUntil, now)}." : null;
    }

    private static string WhatItWaitsFor(HistoryDelivery delivery, string tried, string cause, long now) => delivery.State switch
    {
        DeliveryState.Unknown => $"It may have arrived, {tried}{cause}. The council's system is asked {LaneIssues.In(delivery.Due, now)}.",
        DeliveryState.Retrying => $"Not there yet, {tried}{cause}. The next try is {LaneIssues.In(delivery.Due, now)}.",
        _ => delivery.Due > now ? $"It waits for its time, {LaneIssues.In(delivery.Due, now)}." : "It waits for its turn.",
    };
}

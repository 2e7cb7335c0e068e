using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Admin.Queries;

/// <summary>Explains in a few words why a report has not been delivered, or when it was.</summary>
internal static class UndeliveredReason
{
    /// <summary>Explains the state of a delivery.</summary>
    /// <param name="history">The report's history.</param>
    /// <param name="delivery">The delivery.</param>
    /// <param name="council">The name of the council.</param>
    /// <param name="at">Formats a time.</param>
    /// <param name="now">The current time.</param>
    public static string Explain(ReportHistory history, HistoryDelivery delivery, string council, Func<long, string> at, long now)
    {
        var tried = delivery.Attempts switch
        {
            0 => "Not tried yet.",
            1 => "Tried once.",
            _ => $"Tried {delivery.Attempts} times.",
        };
        var cause = delivery.Cause.Length > 0 ? $": {delivery.Cause.TrimEnd('.')}" : "";
        return delivery.State switch
        {
            DeliveryState.Sent => $"Sent to {delivery.BackEnd} at {at(delivery.Due)}{(delivery.BackEndId is { Length: > 0 } id ? $" as {id}" : "")}.",
            DeliveryState.Sending => "Being sent now.",
            DeliveryState.Held => $"Held{cause}. {tried} An operator must decide.",
            DeliveryState.Failed => $"Failed{cause}. {tried} An operator must decide.",
            DeliveryState.Cancelled when delivery.Cause.StartsWith("Cancelled", StringComparison.Ordinal) => $"{delivery.Cause.TrimEnd('.')}.",
            DeliveryState.Cancelled => $"Cancelled{cause}.",
            _ => Suspended(history, delivery, tried, at) ?? LaneUnavailable(delivery, council, tried, now) ?? Waiting(delivery, tried, cause, now),
        };
    }

    /// <summary>Returns the reason if a pause, rejected settings, an unclear answer or an earlier delivery prevents sending; otherwise null.</summary>
    private static string? Suspended(ReportHistory history, HistoryDelivery delivery, string tried, Func<long, string> at)
    {
        if (history.Suspensions.FirstOrDefault(
            c => c.Covers(delivery.Council, delivery.BackEnd) && (c.Service.Length == 0 || c.Service == history.Target.ServiceCode)) is { } suspension)
        {
            var (since, reason) = (at(suspension.Since), suspension.Reason.TrimEnd('.'));
            var end = suspension.Until > 0 ? $" Resumes automatically at {at(suspension.Until)}." : "";
            return suspension.Kind switch
            {
                SuspensionKind.Settings => $"Not sent: the settings have been rejected since {since} ({reason}).{end} {tried}",
                SuspensionKind.UnclearAnswers => $"Not sent: sending stopped at {since} after an unclear answer ({reason}).{end} {tried}",
                _ => $"Not sent: paused by {suspension.ByWhom} since {since} ({reason}).{end} {tried}",
            };
        }

        return delivery.Hold switch
        {
            DeliveryHold.Paused => $"Not sent: the service is paused. {tried}",
            DeliveryHold.WaitsForEarlier when history.Deliveries.FirstOrDefault(d => d.Id == delivery.AfterId) is { } earlier =>
                $"Waiting for an earlier delivery: {earlier.Title} ({LaneIssues.Word(earlier.State)}).",
            DeliveryHold.WaitsForEarlier => "Waiting for an earlier delivery.",
            _ => null,
        };
    }

    private static string? LaneUnavailable(HistoryDelivery delivery, string council, string tried, long now)
    {
        var system = CopyRules.IsCopy(delivery.BackEnd) ? "the mail server" : $"{council}'s system";
        return delivery.IsBreakerOpen ? $"Not sent: {system} is failing. Next attempt {LaneIssues.In(delivery.NextProbe, now)}. {tried}"
            : delivery.SlowUntil > now ? $"Not sent: {system} asked the gateway to slow down. Next attempt {LaneIssues.In(delivery.SlowUntil, now)}. {tried}"
            : null;
    }

    private static string Waiting(HistoryDelivery delivery, string tried, string cause, long now) => delivery.State switch
    {
        DeliveryState.Unknown => $"Delivery unconfirmed{cause}. {tried} Next check {LaneIssues.In(delivery.Due, now)}.",
        DeliveryState.Retrying => $"Not delivered yet{cause}. {tried} Next attempt {LaneIssues.In(delivery.Due, now)}.",
        _ => delivery.Due > now ? $"Waiting to be sent, due {LaneIssues.In(delivery.Due, now)}." : "Waiting to be sent.",
    };
}

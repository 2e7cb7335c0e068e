using PluginGateway.Core.Reports;

namespace PluginGateway.Admin.Reading;

/// <summary>Why a report is not at its council, or when it got there: one sentence.</summary>
internal static class WhyNotSent
{
    public static string Say(Story story, StoryDelivery delivery, Func<long, string> at, long now)
    {
        var tried = delivery.Tries == 0 ? "not tried yet" : $"tried {(delivery.Tries == 1 ? "once" : $"{delivery.Tries} times")}";
        var cause = delivery.Cause.Length > 0 ? $": {delivery.Cause.TrimEnd('.')}" : "";
        switch (delivery.State)
        {
            case DeliveryState.Sent:
                return $"Sent to {delivery.BackEnd} at {at(delivery.Due)}{(delivery.BackEndId is { Length: > 0 } id ? $", where it is {id}" : "")}.";
            case DeliveryState.Sending:
                return "It is being sent at this moment.";
            case DeliveryState.Held:
                return $"Held, {tried}{cause}. A person must decide.";
            case DeliveryState.Failed:
                return $"Given up, {tried}{cause}. A person must decide.";
            case DeliveryState.Cancelled:
                return $"Cancelled{cause}.";
        }

        if (story.Closures.FirstOrDefault(c => c.Covers(delivery.Council, delivery.BackEnd) && (c.Service.Length == 0 || c.Service == story.Target.ServiceCode)) is { } closure)
            return $"Sending is closed since {at(closure.Since)} by {closure.ByWhom}: {closure.Reason.TrimEnd('.')}{(closure.Until > 0 ? $"; it opens by itself at {at(closure.Until)}" : "")}. It waits, {tried}.";
        if (delivery.Gate == DeliveryGate.Paused)
            return $"Its service is paused. It waits, {tried}.";
        if (delivery.Gate == DeliveryGate.WaitsForEarlier)
            return story.Deliveries.FirstOrDefault(d => d.Id == delivery.AfterId) is { } before
                ? $"It waits for the {before.Title} before it, which is {LaneTroubles.Word(before.State)}."
                : "It waits for what comes before it.";
        if (delivery.IsOpen)
            return $"{delivery.BackEnd} has been failing ({delivery.OpenCause.TrimEnd('.')}), so nothing is sent there; it is probed {LaneTroubles.In(delivery.NextProbe, now)}. It waits, {tried}{(delivery.State == DeliveryState.Retrying ? cause : "")}.";
        if (delivery.SlowUntil > now)
            return $"{delivery.BackEnd} asked to be left alone; it is called again {LaneTroubles.In(delivery.SlowUntil, now)}.";
        return delivery.State switch
        {
            DeliveryState.Unknown => $"It may have arrived, {tried}{cause}. The council's system is asked {LaneTroubles.In(delivery.Due, now)}.",
            DeliveryState.Retrying => $"Not there yet, {tried}{cause}. The next try is {LaneTroubles.In(delivery.Due, now)}.",
            _ => delivery.Due > now ? $"It waits for its time, {LaneTroubles.In(delivery.Due, now)}." : "It waits for its turn.",
        };
    }
}

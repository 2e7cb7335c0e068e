using PluginGateway.Contracts;

namespace PluginGateway.Core.Adapters;

/// <summary>
/// Copies what an adapter gave, so that nothing of it is a plug-in's own type or is read later. What is missing that must be there raises here,
/// inside the call, where it counts as the adapter's fault.
/// </summary>
internal static class AdapterResults
{
    public static T Copy<T>(T value) => value is null ? value : (T)Of(value);

    private static object Of(object value) => value switch
    {
        RequestPlan plan => plan with { Facts = Map(plan.Facts), Trace = All(plan.Trace) },
        Submission submission => Of(submission),
        LookupResult { Submission: { } found } finding => finding with { Submission = Of(found) },
        UpdateBatch collected =>
            collected with { Updates = [.. All(collected.Updates).Select(u => u with { MediaUrls = All(u.MediaUrls), Extras = Map(u.Extras) })] },
        RequestPage page => page with { Requests = [.. All(page.Requests).Select(r => r with { MediaUrls = All(r.MediaUrls), Extras = Map(r.Extras) })] },
        // The other results are records without lists; a catalogue is copied where it is read.
        _ => value,
    };

    private static Submission Of(Submission submission) => submission with
    {
        FollowUps = [.. All(submission.FollowUps).Select(f => f with { Data = Map(f.Data) })],
    };

    private static Dictionary<string, string> Map(IReadOnlyDictionary<string, string> values) => new(values, StringComparer.Ordinal);

    private static T[] All<T>(IReadOnlyList<T> items)
        where T : class
    {
        var copy = items.ToArray();
        return Array.TrueForAll(copy, static i => i is not null)
            ? copy
            : throw new InvalidOperationException("The adapter gave a list with nothing in one of its places.");
    }
}

using PluginGateway.Contracts;

namespace PluginGateway.Core.Adapters;

/// <summary>
/// Copies the results of adapters, so that they contain no plug-in types and no lazy sequences. A missing required value throws an exception here,
/// inside the call, where it counts as a fault of the adapter.
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
        // The other results are records without lists. Catalogues are copied where they are read.
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
            : throw new InvalidOperationException("The adapter returned a list that contains null.");
    }
}

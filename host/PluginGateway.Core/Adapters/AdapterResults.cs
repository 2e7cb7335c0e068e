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
        UpdateBatch batch => Of(batch),
        RequestPage page => Of(page),
        // The other results are records without lists. Catalogues are copied where they are read.
        _ => value,
    };

    private static UpdateBatch Of(UpdateBatch batch)
    {
        var problems = All(batch.Problems).ToList();
        var updates = Each(batch.Updates, u => u with { MediaUrls = All(u.MediaUrls), Extras = Map(u.Extras) }, "update", problems);
        return batch with { Updates = updates, Problems = problems };
    }

    private static RequestPage Of(RequestPage page)
    {
        var problems = All(page.Problems).ToList();
        var requests = Each(page.Requests, r => r with { MediaUrls = All(r.MediaUrls), Extras = Map(r.Extras) }, "report", problems);
        return page with { Requests = requests, Problems = problems };
    }

    /// <summary>Copies the items of a list. One that is invalid is reported instead, so that it does not hide the others.</summary>
    private static List<T> Each<T>(IReadOnlyList<T> items, Func<T, T> copy, string what, List<string> problems)
        where T : class
    {
        var copies = new List<T>();
        foreach (var item in items)
            try
            {
                copies.Add(copy(item));
            }
#pragma warning disable CA1031 // The plug-in boundary: the item's lists can be of the plug-in's types.
            catch (Exception e)
            {
                problems.Add($"an invalid {what} was skipped ({e.GetType().Name})");
            }
#pragma warning restore CA1031

        return copies;
    }

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

using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Updates;

/// <summary>Makes of what an adapter gave as news what can be told to clients.</summary>
internal static class CouncilUpdateValidator
{
    private const int MaxIdLength = 200;

    private static readonly TimeSpan Tolerance = TimeSpan.FromDays(1);

    /// <summary>
    /// The news, copied, so that nothing in it is the plug-in's own; or why it is none. A state that is not among the known words is told as
    /// no change, with the word as the council's own code: its text is news all the same.
    /// </summary>
    /// <remarks>An update can be valid and have a problem all the same: some of its further values were skipped.</remarks>
    /// <param name="update">What the adapter gave.</param>
    /// <param name="received">When it came.</param>
    public static (CouncilUpdate? News, string? Problem) Read(CouncilUpdate update, DateTimeOffset received)
    {
        var problem = update switch
        {
            { UpdateId: null or "" } => "the update has no id",
            { UpdateId.Length: > MaxIdLength } or { BackEndId.Length: > MaxIdLength } or { Reference.Length: > MaxIdLength } =>
                $"an id is longer than {MaxIdLength} characters",
            { BackEndId: null or "", Reference: null or "" } => "the update names no case",
            _ when update.OccurredAt > received + Tolerance => "its date is in the future",
            _ => null,
        };
        if (problem is not null)
            return (null, problem);

        var known = update.Status is { } status && StatusWords.IsKnown(status);
        var (extras, skipped) = ExtraValues.Read(update.Extras);
        return (
            update with
            {
                BackEndId = update.BackEndId ?? "",
                Status = known ? update.Status! : "unchanged",
                ExternalStatusCode = update.ExternalStatusCode ?? (known || string.IsNullOrEmpty(update.Status) ? null : update.Status),
                Description = update.Description ?? "",
                Extras = extras,
                MediaUrls = [.. (update.MediaUrls ?? []).Where(u => u is { IsAbsoluteUri: true, Scheme: "http" or "https" })],
            },
            skipped == 0 ? null : $"{skipped} of its extras have invalid names or no value and were skipped");
    }
}

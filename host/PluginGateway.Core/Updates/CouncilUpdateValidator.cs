using System.Text.RegularExpressions;
using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Updates;

/// <summary>Validates council updates from adapters and converts them to updates for clients.</summary>
internal static class CouncilUpdateValidator
{
    private const int MaxIdLength = 200;

    private static readonly TimeSpan Tolerance = TimeSpan.FromDays(1);

    /// <summary>
    /// Returns a copy of the update without objects of the plug-in, or the reason why it is invalid. An unknown status becomes <c>unchanged</c>, and the
    /// council's own word becomes the external status code, so that the text of the update still reaches clients.
    /// </summary>
    /// <remarks>A problem is also returned for a valid update if some of its extra values or media were skipped.</remarks>
    /// <param name="update">The update from the adapter.</param>
    /// <param name="received">The time of receipt.</param>
    /// <param name="idPattern">The pattern of the back end's ids; null for any id.</param>
    public static (CouncilUpdate? News, string? Problem) Validate(CouncilUpdate update, DateTimeOffset received, Regex? idPattern = null)
    {
        if (FindProblem(update, received, idPattern) is { } problem)
            return (null, problem);

        var known = update.Status is { } status && StatusWords.IsKnown(status);
        var (extras, skipped) = ExtraValues.Read(update.Extras);
        var (media, omitted) = Media(update.MediaUrls ?? []);
        return (
            update with
            {
                BackEndId = update.BackEndId ?? "",
                Status = known ? update.Status! : "unchanged",
                ExternalStatusCode = update.ExternalStatusCode ?? (known || string.IsNullOrEmpty(update.Status) ? null : update.Status),
                Description = update.Description ?? "",
                Extras = extras,
                MediaUrls = media,
            },
            Skipped(skipped, omitted));
    }

    private static string? FindProblem(CouncilUpdate update, DateTimeOffset received, Regex? idPattern) => update switch
    {
        { UpdateId: null or "" } => "the update has no id",
        { UpdateId.Length: > MaxIdLength } or { BackEndId.Length: > MaxIdLength } or { Reference.Length: > MaxIdLength } =>
            $"an id is longer than {MaxIdLength} characters",
        { BackEndId: null or "", Reference: null or "" } => "the update does not identify a case",
        { BackEndId.Length: > 0 } when idPattern?.IsMatch(update.BackEndId) == false => "the id of the case does not match the idPattern of the back end",
        _ when update.OccurredAt > received + Tolerance => "the update's date is in the future",
        _ => null,
    };

    private static (List<Uri> Media, int Omitted) Media(IReadOnlyList<Uri> given)
    {
        var media = given.Where(u => u is { IsAbsoluteUri: true } && (u.Scheme is "http" or "https" || UpdatePictures.IsPicture(u))).ToList();
        return (media, given.Count - media.Count);
    }

    private static string? Skipped(int extras, int media)
    {
        string?[] problems =
        [
            media == 0 ? null : $"media links that are neither HTTP(S) URLs nor pictures in data URLs were skipped: {media}",
            extras == 0 ? null : $"extras with an invalid name or without a value were skipped: {extras}",
        ];
        return problems.Any(p => p is not null) ? string.Join("; ", problems.OfType<string>()) : null;
    }
}

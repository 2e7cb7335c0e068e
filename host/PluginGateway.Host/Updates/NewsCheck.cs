using PluginGateway.Contracts;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Updates;

/// <summary>Whether what an adapter gave as news is some.</summary>
internal static class NewsCheck
{
    private const int LongestId = 200;

    /// <summary>Why it cannot be told to clients; null when it can.</summary>
    public static string? WhyNot(CouncilUpdate update) => update switch
    {
        { UpdateId: null or "" } => "the update has no id",
        { UpdateId.Length: > LongestId } or { BackEndId.Length: > LongestId } => $"an id is longer than {LongestId} characters",
        { BackEndId: null or "", Reference: null or "" } => "the update names no case",
        { Status: null } => "the update has no status",
        _ when !StatusWords.IsKnown(update.Status) => $"\"{update.Status}\" is not a status",
        _ => null,
    };
}

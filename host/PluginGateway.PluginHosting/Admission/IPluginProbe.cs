using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.PluginHosting.Admission;

/// <summary>
/// Checks a generation before it goes live, with data that only the host has: settings, examples and service lists of every back end that uses it.
/// </summary>
internal interface IPluginProbe
{
    /// <summary>Checks a generation.</summary>
    /// <param name="next">The generation to check.</param>
    /// <param name="now">The generation that serves now: a check that also fails with this one is not a fault of the new one.</param>
    /// <param name="ct">Cancelled at the deadline of the check.</param>
    /// <returns>Why the generation must not go live; null if it may.</returns>
    Task<ProbeProblem?> FindProblemAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct);
}

/// <summary>Why a generation must not go live.</summary>
/// <param name="Text">The reason, without objects of the plug-in.</param>
/// <param name="MayBeBusy">Whether a busy machine may be the cause, so that the reason counts only if it occurs repeatedly.</param>
internal sealed record ProbeProblem(string Text, bool MayBeBusy = false);

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
    Task<string?> FindProblemAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct);
}

using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.PluginHosting.Admission;

/// <summary>What only the host can try before a generation goes live: the settings, examples and service lists of every back end that uses it.</summary>
internal interface IPluginProbe
{
    /// <summary>Tries a generation out.</summary>
    /// <param name="next">The one to try.</param>
    /// <param name="now">The one that serves: what does not work with it either is not the new one's fault.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>Why it must not go live, or null.</returns>
    Task<string?> FindProblemAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct);
}

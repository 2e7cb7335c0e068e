using PluginGateway.Contracts;

namespace PluginGateway.Core.Catalogues;

/// <summary>The result of checking a council file with the adapters.</summary>
/// <param name="Errors">The errors.</param>
/// <param name="Unfinished">The back ends whose check did not finish in time, for example on a busy machine. This is not an error in the file.</param>
/// <param name="IsOverProcessorTime">Whether a check used more processor time than it may, which a busy machine does not explain.</param>
internal sealed record CheckResult(IReadOnlyList<SettingsError> Errors, IReadOnlyList<string> Unfinished, bool IsOverProcessorTime = false)
{
    public bool IsValid => Errors.Count == 0 && Unfinished.Count == 0;
}

namespace PluginGateway.PluginHosting.Admission;

/// <summary>Loads a version in a process of its own, because it may have ended an earlier process of the gateway.</summary>
internal interface IPluginTrial
{
    /// <summary>Loads the version, creates its adapter for every back end that uses it, and runs the examples of their council files.</summary>
    /// <param name="adapterName">The adapter.</param>
    /// <param name="folder">The folder with its staged files.</param>
    /// <param name="ct">Ends the trial.</param>
    Task<TrialResult> RunAsync(string adapterName, string folder, CancellationToken ct);
}

/// <summary>The result of a trial.</summary>
/// <param name="Outcome">What happened to the process.</param>
/// <param name="Detail">How the process ended, in a few words.</param>
internal sealed record TrialResult(TrialOutcome Outcome, string Detail);

internal enum TrialOutcome
{
    /// <summary>The process exited normally or did not finish in time: the version does not end a process.</summary>
    Survived,

    /// <summary>The version ended the process.</summary>
    Died,

    /// <summary>The process was killed from outside, or could not be started.</summary>
    Unclear,
}

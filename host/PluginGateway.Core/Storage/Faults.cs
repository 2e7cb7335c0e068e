using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Storage;

/// <summary>
/// Points at which the process can be killed, to test that a crash neither loses nor duplicates anything: before and after every commit,
/// and before and after every call of an adapter. Inactive unless <c>Faults:KillAt</c> selects a point.
/// </summary>
internal sealed class Faults(IOptions<FaultOptions> options)
{
    private readonly int _killAt = options.Value.KillAt;
    private int _passed;

    public static Faults None { get; } = new(Options.Create(new FaultOptions()));

    /// <summary>Passes one of these points; kills the process if it is the configured one.</summary>
    public void Pass()
    {
        if (_killAt > 0 && Interlocked.Increment(ref _passed) == _killAt)
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            process.Kill();
            // The signal arrives asynchronously; no more code may run until then.
            while (true)
                Thread.Yield();
        }
    }
}

/// <summary>Settings for crash tests.</summary>
internal sealed class FaultOptions
{
    public const string Section = "Faults";

    /// <summary>The number of the point at which the process is killed, counted from startup; 0 for never.</summary>
    public int KillAt { get; set; }
}

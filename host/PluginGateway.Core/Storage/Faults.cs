using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Storage;

/// <summary>
/// Places where the process may be killed, to prove that nothing is lost or done twice: before and after every commit, and before and after
/// every call of an adapter. Off unless <c>Faults:KillAt</c> says at which of them.
/// </summary>
internal sealed class Faults(IOptions<FaultOptions> options)
{
    private readonly int _killAt = options.Value.KillAt;
    private int _passed;

    public static Faults None { get; } = new(Options.Create(new FaultOptions()));

    /// <summary>One of the places.</summary>
    public void Pass()
    {
        if (_killAt > 0 && Interlocked.Increment(ref _passed) == _killAt)
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            process.Kill();
            // The signal is on its way: not one step further.
            while (true)
                Thread.Yield();
        }
    }
}

/// <summary>For tests of what a crash leaves behind.</summary>
internal sealed class FaultOptions
{
    public const string Section = "Faults";

    /// <summary>The process is killed at this place, counted from its start; 0 for never.</summary>
    public int KillAt { get; set; }
}

using System.Diagnostics;
using System.Globalization;

namespace PluginGateway.Host.Sending;

/// <summary>Which process this is: machine, process id and start time, so that a later process of the machine can tell that it is gone.</summary>
internal sealed record Node(string Machine, int ProcessId, long Started)
{
    public static Node Current { get; } = Make(Process.GetCurrentProcess());

    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Machine}/{ProcessId}/{Started}");

    /// <summary>Whether <paramref name="id"/> names a process of this machine that does not run any more.</summary>
    public bool KnowsDead(string id)
    {
        var parts = id.Split('/');
        if (parts.Length != 3 || parts[0] != Machine || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var pid))
            return false;

        try
        {
            using var process = Process.GetProcessById(pid);
            return Make(process).Id != id;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static Node Make(Process process) =>
        new(Environment.MachineName, process.Id, new DateTimeOffset(process.StartTime.ToUniversalTime(), TimeSpan.Zero).ToUnixTimeSeconds());
}

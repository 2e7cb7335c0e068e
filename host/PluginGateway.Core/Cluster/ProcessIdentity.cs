using System.Diagnostics;
using System.Globalization;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// Which process this is: machine, process id, and when it began, so that a later process of the machine can tell that it is gone. On Linux
/// the beginning is the kernel's own number and the boot it counts from: what .NET makes of it is an estimate that differs by observer.
/// </summary>
internal sealed record ProcessIdentity(string Machine, int ProcessId, string StartedAt)
{
    private const int StartTimeField = 19;

    /// <summary>The first of all spaces that processes are counted in: the machine's own, and no container's.</summary>
    private const string OwnSpace = "pid:[4026531836]";

    private static readonly string Here = Machines();

    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId)!;

    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Machine}/{ProcessId}/{StartedAt}");

    /// <summary>Whether <paramref name="id"/> names a process of this machine that does not run any more.</summary>
    public bool IsKnownDead(string id)
    {
        var parts = id.Split('/');
        return parts.Length == 3 && parts[0] == Machine && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var pid)
            && (Of(pid) is not { } living || living.Id != id);
    }

    /// <summary>
    /// This machine; in a container also which: containers may have one name, and count their processes each from 1, so that none can tell
    /// whether another's runs.
    /// </summary>
    private static string Machines()
    {
        var space = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : OwnSpace;
        return space == OwnSpace
            ? Environment.MachineName
            : $"{Environment.MachineName}:{space.Trim("pid:[]".ToCharArray())}:{File.ReadAllText("/proc/sys/kernel/random/boot_id")[..8]}";
    }

    private static ProcessIdentity? Of(int processId)
    {
        try
        {
            return new ProcessIdentity(Here, processId, OperatingSystem.IsLinux() ? KernelNumber(processId) : StartTime(processId));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // There is no such process.
            return null;
        }
    }

    private static string KernelNumber(int processId)
    {
        // The program's name stands in parentheses and may hold anything; the fields behind it are numbers.
        var status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
        return File.ReadAllText("/proc/sys/kernel/random/boot_id")[..8] + "-" + status[(status.LastIndexOf(')') + 2)..].Split(' ')[StartTimeField];
    }

    private static string StartTime(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
    }
}

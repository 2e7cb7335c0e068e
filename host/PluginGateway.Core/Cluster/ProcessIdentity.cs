using System.Diagnostics;
using System.Globalization;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// Identifies a process by machine, process id and start time, so that a later process on the same machine can detect that it has exited.
/// On Linux the start time is the kernel's own value together with the boot id: the start time that .NET computes is an estimate that
/// differs between observing processes.
/// </summary>
internal sealed record ProcessIdentity(string Machine, int ProcessId, string StartedAt)
{
    private const int StartTimeField = 19;

    /// <summary>The initial PID namespace: the machine's own, not that of a container.</summary>
    private const string InitialPidNamespace = "pid:[4026531836]";

    private static readonly string CurrentMachine = ReadMachine();

    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId)!;

    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Machine}/{ProcessId}/{StartedAt}");

    /// <summary>Whether <paramref name="id"/> names a process of this machine that is no longer running.</summary>
    public bool IsKnownGone(string id)
    {
        var parts = id.Split('/');
        return parts.Length == 3 && parts[0] == Machine && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var pid)
            && (Of(pid) is not { } running || running.Id != id);
    }

    /// <summary>
    /// Returns the name of this machine. In a container, the name includes the PID namespace and the boot id: containers can have the same
    /// name, and each numbers its processes separately, so a process cannot check whether a process of another container is running.
    /// </summary>
    private static string ReadMachine()
    {
        var pidNamespace = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : InitialPidNamespace;
        return pidNamespace == InitialPidNamespace
            ? Environment.MachineName
            : $"{Environment.MachineName}:{pidNamespace.Trim("pid:[]".ToCharArray())}:{File.ReadAllText("/proc/sys/kernel/random/boot_id")[..8]}";
    }

    private static ProcessIdentity? Of(int processId)
    {
        try
        {
            return new ProcessIdentity(CurrentMachine, processId, OperatingSystem.IsLinux() ? ReadKernelStartTime(processId) : ReadStartTime(processId));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // The process does not exist.
            return null;
        }
    }

    private static string ReadKernelStartTime(int processId)
    {
        // The program's name is in parentheses and can contain any characters, so the fields are counted from the last parenthesis.
        var status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
        return File.ReadAllText("/proc/sys/kernel/random/boot_id")[..8] + "-" + status[(status.LastIndexOf(')') + 2)..].Split(' ')[StartTimeField];
    }

    private static string ReadStartTime(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
    }
}

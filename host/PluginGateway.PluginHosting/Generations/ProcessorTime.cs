using System.Globalization;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Measures the processor time of one thread from other threads. A time limit on it, unlike one on the time of day, does not depend on how busy the
/// machine is. Only Linux provides it this way; elsewhere it is unknown.
/// </summary>
internal sealed class ProcessorTime
{
    /// <summary>The kernel reports times in this unit to programs, whatever its own clock rate is.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly string _path;

    private ProcessorTime(string path) => _path = path;

    /// <summary>The processor time that the thread has used; zero if it is unknown.</summary>
    public TimeSpan Used
    {
        get
        {
            try
            {
                // The name of the thread is in parentheses and can contain any characters, so the fields are counted from the last parenthesis.
                var text = File.ReadAllText(_path);
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                return Tick * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                // The thread has ended.
                return TimeSpan.Zero;
            }
        }
    }

    /// <summary>Returns the processor time of the current thread; null if the system does not provide it.</summary>
    public static ProcessorTime? OfCurrentThread() =>
        OperatingSystem.IsLinux() && new FileInfo("/proc/thread-self").LinkTarget is { } self ? new ProcessorTime($"/proc/{self}/stat") : null;
}

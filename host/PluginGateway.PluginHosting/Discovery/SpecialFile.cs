using System.Runtime.InteropServices;
using System.Text;

namespace PluginGateway.PluginHosting.Discovery;

/// <summary>Recognises named pipes, sockets and devices, which must not be opened: opening a pipe waits for a writer, possibly forever.</summary>
internal static class SpecialFile
{
    private const int CurrentFolder = -100;
    private const uint TypeAndMode = 1;
    private const int BufferLength = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;

    /// <summary>Returns what kind of special file a path leads to; null for a file, a folder, or a path that does not exist.</summary>
    public static string? KindOf(string path)
    {
        // The file system reports no length for special files, so most files need no further call.
        if (!OperatingSystem.IsLinux() || new FileInfo(path) is not { Exists: true, Length: 0 })
            return null;

        var (name, buffer) = (Encoding.UTF8.GetBytes(path + '\0'), new byte[BufferLength]);
        try
        {
            if (StatX(CurrentFolder, in name[0], 0, TypeAndMode, ref buffer[0]) != 0)
                return null;
        }
        catch (EntryPointNotFoundException)
        {
            // A very old C library.
            return null;
        }

        return (BitConverter.ToUInt16(buffer, ModeOffset) & TypeMask) switch
        {
            0x1000 => "named pipe",
            0xC000 => "socket",
            0x2000 or 0x6000 => "device",
            _ => null,
        };
    }

    /// <summary>Unlike <c>stat</c>, it has the same layout on all processors.</summary>
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [DllImport("libc", EntryPoint = "statx", ExactSpelling = true)]
    private static extern int StatX(int folder, in byte path, int flags, uint mask, ref byte buffer);
}

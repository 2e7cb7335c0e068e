using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Storage;

/// <summary>Creates the state folder and the files in it so that only the gateway's user can read them.</summary>
internal static class StateFolder
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;
    private const UnixFileMode Others = (UnixFileMode)0b111_111;

    /// <summary>Creates a folder unless it exists. The permissions of an existing folder, such as the volume of a container, are not changed.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnFolder);
    }

    /// <summary>
    /// Creates an empty file unless it exists, because a library that creates it would let everybody read it. Errors are left to the library, which
    /// describes them better.
    /// </summary>
    public static void CreateFile(string path)
    {
        if (OperatingSystem.IsWindows() || File.Exists(path))
            return;

        try
        {
            new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnFile }).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process created it at the same time, or the library will report the problem.
        }
    }

    /// <summary>Returns the permissions of a folder if other users have any; otherwise null.</summary>
    public static string? FindLooseMode(string path)
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(path))
            return null;
        var mode = File.GetUnixFileMode(path);
        return (mode & Others) == UnixFileMode.None ? null : Convert.ToString((int)mode & 0b111_111_111, 8);
    }
}

/// <summary>Warns at startup if other users can read the state folder.</summary>
internal sealed class StateFolderCheck(IOptions<StateOptions> options, ILogger<StateFolderCheck> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var path = options.Value.FullPath;
        if (StateFolder.FindLooseMode(path) is { } mode)
            log.LooseStateFolder(path, mode);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

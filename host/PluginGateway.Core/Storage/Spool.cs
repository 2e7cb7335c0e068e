using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Storage;

/// <summary>
/// Creates temporary files for content that is received before it can be processed. A file has no name once it is open, or is deleted by the operating
/// system with its last handle, so that nothing remains even if the process is killed.
/// </summary>
internal sealed class Spool(IOptions<StateOptions> options)
{
    private const int BufferBytes = 64 << 10;

    private readonly string _folder = Path.Combine(options.Value.FullPath, "spool");

    /// <summary>Creates an empty file for asynchronous writing and reading.</summary>
    /// <exception cref="SpoolException">The file cannot be created, for example because the disk is full.</exception>
    public FileStream Create()
    {
        try
        {
            StateFolder.Create(_folder);
            var path = Path.Combine(_folder, Path.GetRandomFileName());
            if (OperatingSystem.IsWindows())
                return Open(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose });

            const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            var file = Open(path, new FileStreamOptions { Options = FileOptions.Asynchronous, UnixCreateMode = mode });
            File.Delete(path);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SpoolException(e);
        }
    }

    /// <summary>Copies the rest of a stream into a file.</summary>
    /// <exception cref="SpoolException">Writing failed. Errors while reading the source are thrown unchanged.</exception>
    public static async Task CopyAsync(Stream source, FileStream file, Action<ReadOnlyMemory<byte>>? observe, CancellationToken ct)
    {
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await source.ReadAsync(buffer, ct)) > 0)
        {
            observe?.Invoke(buffer.AsMemory(0, read));
            await WriteAsync(file, buffer.AsMemory(0, read), ct);
        }

        await WriteAsync(file, default, ct);
    }

    /// <summary>Writes bytes to a file.</summary>
    /// <exception cref="SpoolException">Writing failed.</exception>
    public static async Task WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await (bytes.IsEmpty ? file.FlushAsync(ct) : file.WriteAsync(bytes, ct).AsTask());
        }
        catch (IOException e)
        {
            throw new SpoolException(e);
        }
    }

    private static FileStream Open(string path, FileStreamOptions file)
    {
        (file.Mode, file.Access, file.Share, file.BufferSize) = (FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 0);
        return new FileStream(path, file);
    }
}

/// <summary>The error if content cannot be written to a temporary file. The caller of the gateway must repeat its call later.</summary>
internal sealed class SpoolException(Exception cause) : IOException("The state folder cannot be written to.", cause);

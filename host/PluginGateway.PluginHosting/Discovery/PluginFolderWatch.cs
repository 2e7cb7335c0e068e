namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// Brings the next look at the plug-ins folder forward when the file system says that something happened there. Only a hint: shares, bind
/// mounts and folders that are swapped tell nothing, and the look comes all the same.
/// </summary>
internal sealed class PluginFolderWatch(string path, bool enabled, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _hint = new(0, 1);
    private FileSystemWatcher? _watcher;

    /// <summary>Returns when something may have changed, or after <paramref name="atMost"/>.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken ct)
    {
        if (enabled && _watcher is null)
            Watch();

        using var deadline = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            await _hint.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Nothing was heard.
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _hint.Dispose();
    }

    private void Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(path)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Created += (_, _) => Hint();
            watcher.Changed += (_, _) => Hint();
            watcher.Renamed += (_, _) => Hint();
            watcher.Deleted += (_, _) => Hint();
            watcher.Error += (_, _) => Forget(watcher);
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // The folder is not there, or the system has no watches left. Tried again after the next look.
        }
    }

    private void Forget(FileSystemWatcher watcher)
    {
        Interlocked.CompareExchange(ref _watcher, null, watcher);
        watcher.Dispose();
        Hint();
    }

    private void Hint()
    {
        try
        {
            _hint.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // One hint is enough, and none is wanted after the end.
        }
    }
}

namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// Triggers an earlier scan of the plug-ins folder when the file system reports a change. This is only a hint: network shares, bind mounts and
/// replaced folders raise no events, and regular scans run in any case.
/// </summary>
internal sealed class PluginFolderWatch(string path, bool enabled, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _hint = new(0, 1);
    private FileSystemWatcher? _watcher;

    /// <summary>Completes when something may have changed, or after <paramref name="atMost"/>.</summary>
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
            // No event was raised in time.
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
            watcher.Error += (_, _) => Discard(watcher);
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // The folder does not exist, or the system has no watches left. The next call retries.
        }
    }

    private void Discard(FileSystemWatcher watcher)
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
            // A hint is pending already, or the watch was disposed.
        }
    }
}

namespace PluginGateway.Testing;

/// <summary>Waits for something that happens by itself, with a deadline. No fixed sleeps: it looks often and stops at once.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public static Task<T> GetAsync<T>(Func<T?> look, string what)
        where T : class =>
        GetAsync(() => Task.FromResult(look()), what);

    public static async Task<T> GetAsync<T>(Func<Task<T?>> look, string what)
        where T : class
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(Look);
        while (true)
        {
            if (await look() is { } found)
                return found;
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"Not within {Deadline.TotalSeconds:0} s: {what}", e);
            }
        }
    }

    public static Task TrueAsync(Func<bool> look, string what) => GetAsync(() => look() ? "yes" : null, what);

    public static Task TrueAsync(Func<Task<bool>> look, string what) => GetAsync(async () => await look() ? "yes" : null, what);
}

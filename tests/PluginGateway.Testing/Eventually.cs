namespace PluginGateway.Testing;

/// <summary>Polls until a condition holds, with a deadline. Tests use it in place of fixed sleeps.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    public static Task<T> GetAsync<T>(Func<T?> condition, string description)
        where T : class =>
        GetAsync(() => Task.FromResult(condition()), description);

    public static async Task<T> GetAsync<T>(Func<Task<T?>> condition, string description)
        where T : class
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(PollInterval);
        while (true)
        {
            if (await condition() is { } found)
                return found;
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"Condition not met within {Deadline.TotalSeconds:0} s: {description}", e);
            }
        }
    }

    public static Task TrueAsync(Func<bool> condition, string description) => GetAsync(() => condition() ? "yes" : null, description);

    public static Task TrueAsync(Func<Task<bool>> condition, string description) => GetAsync(async () => await condition() ? "yes" : null, description);
}

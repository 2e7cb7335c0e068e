namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// The right to call into one generation. It spans the whole use: nothing of the plug-in (object, exception, stream, lazy sequence)
/// outlives it.
/// </summary>
internal sealed class GenerationLease(PluginGeneration generation) : IDisposable
{
    private int _ended;

    public PluginGeneration Generation { get; } = generation;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            Generation.Exit();
    }
}

namespace PluginGateway.PluginHosting.Generations;

/// <summary>The place of one adapter name: which generation serves it now. A swap is one write of one reference.</summary>
internal sealed class PluginSlot
{
    private volatile PluginGeneration? _current;

    public PluginGeneration? Current => _current;

    /// <summary>Publishes a generation and retires the one before; the caller waits for it to drain.</summary>
    public PluginGeneration? Publish(PluginGeneration? next)
    {
        // 1. New calls go to the next generation. 2. Only then does the old one refuse leases: a caller that read the old reference before
        //    step 1 and comes too late for its lease reads the slot again and finds the next.
        var previous = Interlocked.Exchange(ref _current, next);
        previous?.Retire();
        return previous;
    }

    public GenerationLease? TryLease()
    {
        while (_current is { } generation)
            if (generation.TryEnter())
                return new GenerationLease(generation);

        return null;
    }
}

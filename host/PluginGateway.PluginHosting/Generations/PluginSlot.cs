namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// The place of one adapter name: which generation serves it now, and the one before, which stands by while the new one is on probation. A
/// swap is one write of one reference. Whoever is given a generation back retires it.
/// </summary>
internal sealed class PluginSlot
{
    private readonly Lock _change = new();
    private volatile PluginGeneration? _current;
    private PluginGeneration? _standby;

    public PluginGeneration? Current => _current;

    public PluginGeneration? Standby => Volatile.Read(ref _standby);

    /// <summary>Publishes a generation; the one that served stands by.</summary>
    /// <returns>The one that stood by until now.</returns>
    public PluginGeneration? Publish(PluginGeneration next)
    {
        lock (_change)
        {
            // New calls go to the next generation from here on. The one before still takes leases: a caller that read the old reference
            // just before is served by it.
            var before = _standby;
            (_standby, _current) = (_current, next);
            return before;
        }
    }

    /// <summary>The current generation has proven itself.</summary>
    /// <returns>The one that stood by.</returns>
    public PluginGeneration? EndProbation()
    {
        lock (_change)
        {
            var before = _standby;
            _standby = null;
            return before;
        }
    }

    /// <summary>Puts the generation that stands by back, if <paramref name="bad"/> is still the one that serves.</summary>
    /// <returns>The bad one; null when there was nothing to go back to.</returns>
    public PluginGeneration? RollBack(PluginGeneration bad)
    {
        lock (_change)
        {
            if (_current != bad || _standby is null)
                return null;

            (_current, _standby) = (_standby, null);
            return bad;
        }
    }

    /// <summary>Takes everything away.</summary>
    public IReadOnlyList<PluginGeneration> Clear()
    {
        lock (_change)
        {
            List<PluginGeneration> gone = [.. new[] { _current, _standby }.OfType<PluginGeneration>()];
            (_current, _standby) = (null, null);
            return gone;
        }
    }

    /// <summary>A lease on the generation that serves now; one that is not held when there is none.</summary>
    public GenerationLease Lease()
    {
        // A caller that read a reference just before a swap and comes too late for its lease reads the slot again.
        while (_current is { } generation)
            if (generation.TryEnter())
                return new GenerationLease(generation);

        return default;
    }
}

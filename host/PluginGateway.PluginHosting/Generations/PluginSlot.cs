namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Holds the generations of one adapter name: the current one and, while it is on probation, the previous one on standby. A swap is a single
/// write of one reference. Callers must retire the generations that the methods return.
/// </summary>
internal sealed class PluginSlot
{
    private readonly Lock _change = new();
    private volatile PluginGeneration? _current;
    private PluginGeneration? _standby;

    public PluginGeneration? Current => _current;

    public PluginGeneration? Standby => Volatile.Read(ref _standby);

    /// <summary>Makes a generation the current one and puts the previous one on standby.</summary>
    /// <returns>The generation that was on standby before, if any.</returns>
    public PluginGeneration? Publish(PluginGeneration next)
    {
        lock (_change)
        {
            // New calls use the next generation from now on. The previous one still grants leases to callers that read the old reference just
            // before the swap.
            var before = _standby;
            (_standby, _current) = (_current, next);
            return before;
        }
    }

    /// <summary>Ends the probation of the current generation.</summary>
    /// <returns>The generation that was on standby, if any.</returns>
    public PluginGeneration? EndProbation()
    {
        lock (_change)
        {
            var before = _standby;
            _standby = null;
            return before;
        }
    }

    /// <summary>Makes the generation on standby the current one, if <paramref name="faulty"/> is still current.</summary>
    /// <returns>The replaced generation; null if nothing was replaced.</returns>
    public PluginGeneration? RollBack(PluginGeneration faulty)
    {
        lock (_change)
        {
            if (_current != faulty || _standby is null)
                return null;

            (_current, _standby) = (_standby, null);
            return faulty;
        }
    }

    /// <summary>Removes all generations and returns them.</summary>
    public IReadOnlyList<PluginGeneration> Clear()
    {
        lock (_change)
        {
            List<PluginGeneration> gone = [.. new[] { _current, _standby }.OfType<PluginGeneration>()];
            (_current, _standby) = (null, null);
            return gone;
        }
    }

    /// <summary>Returns a lease on the current generation. The lease is empty if there is none.</summary>
    public GenerationLease Lease()
    {
        // A generation that was read just before a swap may already be retired; in this case the slot is read again.
        while (_current is { } generation)
            if (generation.TryEnter())
                return new GenerationLease(generation);

        return default;
    }
}

using System.Numerics;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>Records which of the latest calls failed because of a fault of the plug-in. Every call writes here, so it is one number without a lock.</summary>
internal sealed class FaultRecord
{
    private const ulong Latest = 0xFFFF;
    private const int MinFaults = 3;

    private ulong _calls;

    /// <summary>The number of faults among the latest 16 calls.</summary>
    public int Recent => BitOperations.PopCount(Volatile.Read(ref _calls) & Latest);

    public void Note(bool fault)
    {
        ulong before;
        do
            before = Volatile.Read(ref _calls);
        while (Interlocked.CompareExchange(ref _calls, (before << 1) | (fault ? 1UL : 0), before) != before);
    }

    /// <summary>Whether it has clearly more faults than <paramref name="other"/>: a single report that causes a fault must not undo a swap.</summary>
    public bool IsWorseThan(FaultRecord other) => Recent >= MinFaults && Recent > 2 * other.Recent;
}

using System.Numerics;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>The plug-in's own faults among its latest calls. Every call writes here, so it is one number and no lock.</summary>
internal sealed class FaultRecord
{
    private const ulong Latest = 0xFFFF;
    private const int Few = 3;

    private ulong _calls;

    /// <summary>Faults among the latest 16 calls.</summary>
    public int Recent => BitOperations.PopCount(Volatile.Read(ref _calls) & Latest);

    public void Note(bool fault)
    {
        ulong before;
        do
            before = Volatile.Read(ref _calls);
        while (Interlocked.CompareExchange(ref _calls, (before << 1) | (fault ? 1UL : 0), before) != before);
    }

    /// <summary>Whether it has many more faults than <paramref name="other"/> had: a single bad report must not undo a swap.</summary>
    public bool IsWorseThan(FaultRecord other) => Recent >= Few && Recent > 2 * other.Recent;
}

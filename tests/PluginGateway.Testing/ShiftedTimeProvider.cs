namespace PluginGateway.Testing;

/// <summary>A clock that runs at the machine's speed and can be set to another time.</summary>
internal sealed class ShiftedTimeProvider(DateTimeOffset start) : TimeProvider
{
    private long _shift = (start - System.GetUtcNow()).Ticks;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _shift));

    /// <summary>Sets the current time.</summary>
    public void Set(DateTimeOffset now) => Volatile.Write(ref _shift, (now - System.GetUtcNow()).Ticks);
}

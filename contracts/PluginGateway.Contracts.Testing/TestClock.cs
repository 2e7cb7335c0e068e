namespace PluginGateway.Contracts.Testing;

/// <summary>A clock that stands where it is put.</summary>
/// <param name="now">The time.</param>
public sealed class TestClock(DateTimeOffset now) : TimeProvider
{
    /// <summary>The time it shows.</summary>
    public DateTimeOffset Now { get; set; } = now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Now;
}

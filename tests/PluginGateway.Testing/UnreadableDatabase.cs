using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that accepts writes while reads fail.</summary>
internal sealed class UnreadableDatabase(IDatabase inner) : ForwardingDatabase(inner)
{
    /// <summary>Whether reads work again.</summary>
    public bool CanRead { get; set; }

    public override Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        CanRead ? Inner.ReadAsync(work, ct) : Task.FromException<T>(new IOException("The disk cannot be read."));
}

using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that can be written to, and not read.</summary>
internal sealed class UnreadableDatabase(IDatabase inner) : PassingDatabase(inner)
{
    /// <summary>Whether it is over.</summary>
    public bool CanRead { get; set; }

    public override Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        CanRead ? Inner.ReadAsync(work, ct) : Task.FromException<T>(new IOException("The disk cannot be read."));
}

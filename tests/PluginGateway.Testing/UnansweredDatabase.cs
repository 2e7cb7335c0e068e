using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that makes each write, and then does not answer.</summary>
internal sealed class UnansweredDatabase(IDatabase inner) : PassingDatabase(inner)
{
    /// <summary>Whether it is so now.</summary>
    public bool IsLosing { get; set; }

    public override async Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        var result = await Inner.WriteAsync(work, ct);
        return IsLosing ? throw new IOException("The connection broke.") : result;
    }
}

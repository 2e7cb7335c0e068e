using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that commits each write and then loses the connection.</summary>
internal sealed class LostCommitDatabase(IDatabase inner) : ForwardingDatabase(inner)
{
    /// <summary>Whether writes lose their connection after the commit.</summary>
    public bool LosesAnswers { get; set; }

    public override async Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        var result = await Inner.WriteAsync(work, ct);
        return LosesAnswers ? throw new IOException("The connection broke.") : result;
    }
}

namespace PluginGateway.Core.Storage;

/// <summary>
/// Synchronous access for the only caller whose interface has no asynchronous form: the framework's key repository. Its calls are rare and
/// small.
/// </summary>
internal interface ISyncDatabase
{
    IReadOnlyList<T> Query<T>(string sql, object? parameters);

    void Execute(string sql, object? parameters);
}

namespace PluginGateway.Core.Storage;

/// <summary>For the one caller whose interface has no asynchronous form: the framework's key repository. Rare and small.</summary>
internal interface ISyncDatabase
{
    IReadOnlyList<T> Query<T>(string sql, object? parameters);

    void Execute(string sql, object? parameters);
}

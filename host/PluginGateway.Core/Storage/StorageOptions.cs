namespace PluginGateway.Core.Storage;

/// <summary>Which database the gateway keeps its state in.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The connection string's name, under <c>ConnectionStrings</c>.</summary>
    public const string ConnectionString = "Gateway";

    /// <summary>A file in the state folder, or a server that several hosts share.</summary>
    public StorageProvider Provider { get; set; } = StorageProvider.Sqlite;
}

internal enum StorageProvider
{
    Sqlite,
    SqlServer,
}
